import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { archive, day } from '../../support/archived.ts';
import { makeWorld, type World } from '../../support/world.ts';

const script = fileURLToPath(new URL('../../support/healProcess.mjs', import.meta.url));
const rows = 300_000;
/** Megabytes of heap: the program itself takes some fifty, the changed keys of this day alone a hundred and more. */
const heap = 96;

let world: World;
let folder: string;
beforeAll(async () => {
  world = await makeWorld('mysql');
  folder = mkdtempSync(join(tmpdir(), 'sediment-heap-'));
});
afterAll(() => {
  world.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A table whose keys are long, with so many rows of the day. */
async function fillLong(table: string, from: number, to: number): Promise<void> {
  const { name } = world;
  await world.sql(
    `CREATE TABLE IF NOT EXISTS ${name}.${table} (id CHAR(100) NOT NULL PRIMARY KEY, t DATETIME NOT NULL, KEY (t)) CHARACTER SET latin1`,
  );
  await world.sql('SET SESSION cte_max_recursion_depth = 1000000');
  await world.sql(
    `INSERT INTO ${name}.${table} WITH RECURSIVE n (i) AS (SELECT ${from} UNION ALL SELECT i + 1 FROM n WHERE i < ${to - 1})
     SELECT LPAD(i, 100, 'k'), TIMESTAMP('${day}') + INTERVAL (i DIV 10) SECOND FROM n`,
  );
}

/** Heals the day in a process with a small heap. */
async function healSmall(table: string): Promise<unknown> {
  const { name } = world;
  const { s3, mysql } = inject('stack');
  const policy = join(folder, `${table}.yaml`);
  writeFileSync(
    policy,
    `
source: { name: ${name}, url: "mysql://root@127.0.0.1:${mysql.port}", ledger: ${world.config.source.ledger} }
store: { bucket: ${name}, region: us-east-1, endpoint: "${s3.endpoint}", forcePathStyle: true }
tables: [{ table: ${name}.${table}, timeColumn: t, purge: enabled, pace: full, chunkRows: 4000, partBytes: 1048576 }]
`,
  );
  const args = [`--max-old-space-size=${heap}`, script, inject('built'), policy, `${name}.${table}`, day];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return JSON.parse(stdout);
}

test('a heal of 300,000 rows that an ALTER has changed runs in a heap that their keys wouldn’t fit into', async () => {
  await fillLong('altered', 0, rows);
  world.add({ table: 'altered', timeColumn: 't', chunkRows: 4_000, partBytes: 1 << 20 });
  await archive(world, 'altered');
  await world.sql(`ALTER TABLE ${world.name}.altered ADD COLUMN extra INT NOT NULL DEFAULT 7`);
  expect(await healSmall('altered')).toMatchObject({ changed: rows, added: 0, removed: 0 });
}, 300_000);

test('so does a heal of 300,000 rows that came into one chunk (P106)', async () => {
  await fillLong('imported', 0, 10);
  world.add({ table: 'imported', timeColumn: 't', chunkRows: 4_000, partBytes: 1 << 20 });
  await archive(world, 'imported');
  await fillLong('imported', 10, 10 + rows);
  expect(await healSmall('imported')).toMatchObject({ changed: 0, added: rows, removed: 0 });
}, 300_000);
