import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mysqlScript } from '../../../src/readers/targets/mysql.ts';
import {
  changedSchema,
  everyType,
  healedDays,
  makeLaidOut,
  type ReadScene,
  servedCells,
  shapeOf,
} from '../../support/readScenes.ts';
import type { World } from '../../support/world.ts';

describe.each(['mysql', 'mariadb'] as const)('the script of sediment ddl --for mysql on %s', (flavor) => {
  let world: World;
  beforeAll(async () => {
    world = await makeLaidOut(flavor, 'hive');
  });
  afterAll(() => world.close());

  /** Runs it into a schema of its own, and holds what the server then has against what it had. */
  async function comesBack(scene: ReadScene): Promise<void> {
    const shape = await shapeOf(scene);
    const folder = mkdtempSync(join(tmpdir(), 'sediment-load-'));
    chmodSync(folder, 0o755);
    for (const { key } of shape.parts) {
      const file = join(folder, key.slice(shape.folder.length).replace(/\.gz$/, ''));
      const bytes = await world.source.store.read(key);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, key.endsWith('.gz') ? gunzipSync(bytes) : bytes);
    }
    const schema = `${world.name}_back`;
    const { pieces } = mysqlScript(shape, { schema, view: scene.table, dates: 'null' });
    // The tests' connection allows no LOCAL; the server reads the same files.
    for (const { statement } of pieces)
      await world.sql(statement.replace(/LOAD DATA LOCAL INFILE '/, `LOAD DATA INFILE '${folder}/`));
    rmSync(folder, { recursive: true });
    await world.sql(`USE ${world.name}`);
    await world.session.execute("SET SESSION sql_mode = ''");
    // What a dropped column held is left out; a generated one the server computes anew, for old rows too.
    const kept = { ...shape, columns: shape.columns.filter(({ dropped, generated }) => !dropped && !generated) };
    const back = { ...scene, world: { ...world, name: schema }, copies: [scene.table] };
    expect(await servedCells(back, kept)).toEqual(await servedCells(scene, kept));
  }

  test('brings back every type, a schema that changed, heals, rows without a day and the newest of a key', async () => {
    const scenes = [await everyType(world, flavor), await changedSchema(world), ...(await healedDays(world))];
    for (const scene of scenes) await comesBack(scene);
  }, 180_000);
});
