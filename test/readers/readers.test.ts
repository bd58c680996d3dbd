import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fetchPackages, trinoVersion } from '../../stack/readers.ts';
import { type Answer, hasJava, readers } from '../support/readerPrograms.ts';
import {
  type Cells,
  cellOf,
  changedSchema,
  everyType,
  healedDays,
  inOrder,
  makeLaidOut,
  oddNames,
} from '../support/readScenes.ts';
import { type SceneFiles, writeScene } from '../support/sceneFiles.ts';

interface Read extends SceneFiles {
  /** The source and the layout. */
  where: string;
}

const root = mkdtempSync(join(tmpdir(), 'sediment-readers-'));
const scenes: Read[] = [];
let packages = '';
/** Lines of the page, by reader and scene. */
const found: { reader: string; where: string; scene: string; rows: number; says: string }[] = [];

/** Two sources in the layout that every reader knows, and the other layouts of one. */
const kinds = [
  ['mysql', 'hive'],
  ['mariadb', 'hive'],
  ['mysql', 'plain'],
  ['mysql', 'dt'],
] as const;

beforeAll(async () => {
  packages = await fetchPackages();
  for (const [flavor, layout] of kinds) {
    const world = await makeLaidOut(flavor, layout);
    const folder = join(root, `${flavor}-${layout}`);
    mkdirSync(folder);
    const made = [await changedSchema(world), ...(await healedDays(world)), await oddNames(world)];
    if (layout === 'hive') made.push(await everyType(world, flavor));
    for (const scene of made) scenes.push({ where: `${flavor}, ${layout}`, ...(await writeScene(scene, folder)) });
    world.close();
  }
}, 900_000);

function cellsOf(answer: Answer | undefined, { shape }: SceneFiles): Cells[] {
  if (!answer || 'error' in answer) throw new Error(answer?.error ?? 'no answer');
  const text = (value: unknown) => (value === null || value === undefined ? null : String(value));
  return inOrder(answer.rows.map((row) => shape.columns.map(({ type }, index) => cellOf(text(row[index]), type))));
}

describe.each(readers)('$name', ({ name, leavesOut, read }) => {
  const isHere = !/Spark/.test(name) || hasJava();
  test.runIf(isHere)(
    'shows in every scene what MySQL has',
    async () => {
      const asked = scenes.filter((scene) => leavesOut(scene) === undefined);
      const answers = await read(asked, { root, packages });
      const wrong: string[] = [];
      for (const [index, scene] of asked.entries()) {
        const line = { reader: name, where: scene.where, scene: scene.name, rows: scene.served.length };
        try {
          expect(cellsOf(answers[index], scene)).toEqual(scene.served);
          found.push({ ...line, says: 'equal' });
        } catch (error) {
          found.push({ ...line, says: 'differs' });
          wrong.push(
            `${scene.where}, ${scene.name}: ${error instanceof Error ? error.message.slice(0, 2_000) : error}`,
          );
        }
      }
      expect(wrong).toEqual([]);
    },
    900_000,
  );
});

afterAll(() => {
  if (found.length === 0) return;
  const versions = readFileSync(new URL('../../stack/readers.txt', import.meta.url), 'utf8')
    .trim()
    .split('\n');
  const names = [...new Set(scenes.map(({ name }) => name))];
  const rows = readers.map(({ name }) => {
    const cells = names.map((scene) => {
      const own = found.filter((each) => each.reader === name && each.scene === scene);
      if (own.length === 0) return 'not asked';
      const equal = own.filter(({ says }) => says === 'equal');
      const count = own.reduce((sum, each) => sum + each.rows, 0);
      return equal.length === own.length ? `equal (${count} rows)` : `${equal.length} of ${own.length} equal`;
    });
    return `| ${[name, ...cells].join(' | ')} |`;
  });
  const table = [`| reader | ${names.join(' | ')} |`, `| --- |${' --- |'.repeat(names.length)}`, ...rows].join('\n');
  const page = fileURLToPath(new URL('../../docs/readers.md', import.meta.url));
  const text = readFileSync(page, 'utf8');
  const kindsText = kinds.map(([flavor, layout]) => `${flavor} in layout ${layout}`).join(', ');
  const head = `Last run: ${new Date().toISOString().slice(0, 10)}; Trino ${trinoVersion}, ${versions.join(', ')}; ${kindsText}.`;
  writeFileSync(page, text.replace(/(<!-- run -->\n)[\s\S]*?(<!-- end -->)/, `$1\n${head}\n\n${table}\n\n$2`));
  execFileSync('npx', ['biome', 'format', '--write', page], { stdio: 'ignore' });
});
