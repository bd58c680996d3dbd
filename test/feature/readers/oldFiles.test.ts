import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readShape } from '../../../src/cli/readBack/ddl.ts';
import { findPolicy } from '../../../src/config/policy.ts';
import { parseDay } from '../../../src/model/day.ts';
import { columnsOfDdl, parseOldUri, withOldFiles } from '../../../src/readers/oldFiles.ts';
import { oldReaders } from '../../../src/readers/oldTables.ts';
import { duckdbScript } from '../../../src/readers/targets/duckdb.ts';
import { archive, day } from '../../support/archived.ts';
import { type AuroraWorld, makeAuroraWorld } from '../../support/aurora.ts';

let world: AuroraWorld;
beforeAll(async () => {
  world = await makeAuroraWorld();
  await world.sql('SET ROLE ALL');
});
afterAll(() => world.end());

const texts = [
  'plain',
  'a,b',
  'say "so"',
  'back\\slash',
  'two\nlines',
  'N',
  '\\N',
  '',
  '"',
  '\\',
  ' spaced ',
  'Zoë 😀',
  null,
];

/** Rows of the day before and of the archived day, as the first user's job wrote them: an object a day, by the server itself. */
async function writeOld(table: string, fields: string): Promise<string> {
  const name = `${world.name}.${table}`;
  await world.sql(
    `CREATE TABLE ${name} (id INT NOT NULL PRIMARY KEY, note VARCHAR(40), amount DECIMAL(12,2), payload BLOB, t DATETIME(3) NOT NULL, KEY (t))`,
  );
  for (const [index, text] of texts.entries())
    for (const [step, each] of ['2026-01-04', day].entries())
      await world.sql(`INSERT INTO ${name} VALUES (?, ?, ?, x'00ff', ?)`, [
        2 * index + step,
        text,
        index === 3 ? null : -index / 4,
        `${each} 0${index % 10}:00:00.250`,
      ]);
  for (const each of ['2026-01-04', day])
    await world.sql(
      `SELECT * FROM ${name} WHERE t >= '${each}' AND t < '${each}' + INTERVAL 1 DAY INTO OUTFILE S3 ` +
        `'s3-us-east-1://${world.name}/old/${table}/${each.replaceAll('-', '/')}/output_file.csv' ` +
        `FIELDS TERMINATED BY ',' ${fields}LINES TERMINATED BY '\\n'`,
    );
  world.add({ table, timeColumn: 't' });
  await archive(world, table);
  return `s3://${world.name}/old/${table}/`;
}

async function readBoth(table: string, uri: string, enclosed: boolean) {
  const naming = { schema: 'arch', view: table, dates: 'null' } as const;
  const shape = await readShape(world.config, findPolicy(world.config, `${world.name}.${table}`));
  const old = { ...parseOldUri(uri), until: parseDay(day), enclosed, columns: columnsOfDdl(shape.ddl) };
  const reader = oldReaders.duckdb(shape, naming, old);
  const { pieces, notes } = withOldFiles(duckdbScript(shape, naming), shape, naming, reader);
  const local = mkdtempSync(join(tmpdir(), 'sediment-old-'));
  for (const key of await world.source.store.list('')) {
    mkdirSync(dirname(join(local, key)), { recursive: true });
    writeFileSync(join(local, key), await world.source.store.read(key));
  }
  const instance = await DuckDBInstance.create();
  const connection = await instance.connect();
  try {
    for (const { name, statement } of pieces)
      if (name !== 'extension' && name !== 'secret')
        await connection.run(statement.replaceAll(`s3://${world.name}/`, `${local}/`));
    const values = 'id, note, CAST(amount AS VARCHAR), hex(payload), CAST(t AS VARCHAR), year, month, day';
    const found = await connection.runAndReadAll(`SELECT ${values} FROM "${table}" ORDER BY id`);
    return { notes, rows: found.getRows() };
  } finally {
    connection.closeSync();
    instance.closeSync();
    rmSync(local, { recursive: true, force: true });
  }
}

test.each([
  ['enclosed', `ENCLOSED BY '"' `, true],
  ['optional', `OPTIONALLY ENCLOSED BY '"' `, true],
  ['bare', '', false],
])(
  'old files, fields %s: one view has their days and the archive’s, each row once, every text as it was',
  async (table, fields, enclosed) => {
    const { rows, notes } = await readBoth(table, await writeOld(table, fields), enclosed);
    expect(rows).toEqual(
      texts.flatMap((text, index) =>
        [4, 5].map((date, step) => [
          2 * index + step,
          text,
          index === 3 ? null : (-index / 4).toFixed(2),
          date === 5 ? '00FF' : null,
          `2026-01-0${date} 0${index % 10}:00:00.25`,
          2026,
          1,
          date,
        ]),
      ),
    );
    expect(notes.join('\n')).toMatch(/before 2026-01-05 the rows are those of s3:.*nothing proves/);
    expect(notes.join('\n')).toContain('payload: raw bytes in the old files, NULL here');
  },
);
