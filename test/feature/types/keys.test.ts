import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openTable } from '../../../src/checks/openTable.ts';
import type { TableName } from '../../../src/model/tableName.ts';
import { openChunks } from '../../support/chunkPurge.ts';
import { catalogue } from '../../support/columnTypes.ts';
import { archiveDay, archivedHex, countRows } from '../../support/job.ts';
import { asServed, type Matrix } from '../../support/readers.ts';
import { makeWorld, type World } from '../../support/world.ts';

const day = '2026-01-05';
/** Types that MySQL takes as a key and that have an exact order. */
const keyTypes =
  /^(TINYINT|SMALLINT|INT|BIGINT|DECIMAL|BIT|DATE|TIME|YEAR|ENUM|VARCHAR|CHAR|BINARY|VARBINARY|UUID|INET)/;

describe.each(['mysql', 'mariadb'] as const)('keys on %s', (flavor) => {
  const types = new Map(catalogue(flavor).flatMap((each) => (keyTypes.test(each.type) ? [[each.type, each]] : [])));
  let world: World;
  let tables = 0;

  beforeAll(async () => {
    world = await makeWorld(flavor);
  });
  afterAll(() => world.close());

  /** Four times, microseconds apart, so that many rows share one. */
  const time = fc
    .constantFrom(0, 1, 999_999, 86_399_999_999)
    .map((micros) => `TIMESTAMP('${day}') + INTERVAL ${micros} MICROSECOND`);
  const keysAndRows = fc.shuffledSubarray([...types.keys()], { minLength: 1, maxLength: 3 }).chain((names) => {
    const values = names.map((name) => {
      const { any, hard } = types.get(name) ?? { any: fc.constant('0'), hard: [] };
      return fc.oneof(any, fc.constantFrom(...hard));
    });
    return fc.record({
      names: fc.constant(names),
      timeInKey: fc.boolean(),
      chunkRows: fc.integer({ min: 1, max: 4 }),
      rows: fc.array(fc.tuple(time, ...values), { minLength: 1, maxLength: 16 }),
    });
  });

  /** Proves and deletes the day's chunks one by one, where a slice would take a thousand rows at once. @returns the rows deleted */
  async function purgeByChunks(name: TableName): Promise<number> {
    const { runs, call } = await openChunks(world, name, day);
    for (const run of runs) expect(await call(run)).toEqual({ outcome: 'deleted', detail: String(run.digest.rows) });
    return runs.reduce((sum, run) => sum + run.digest.rows, 0);
  }

  function inChunks(rows: Matrix, chunkRows: number): string[][] {
    const count = Math.ceil(rows.length / chunkRows);
    return Array.from({ length: count }, (_, chunk) =>
      rows
        .slice(chunk * chunkRows, (chunk + 1) * chunkRows)
        .map(String)
        .sort(),
    );
  }

  /** Random rows in tiny chunks: what the export read is what MySQL has, in MySQL's order, and the purge meets the same. */
  async function goesThrough(names: string[], timeInKey: boolean, chunkRows: number, rows: string[][]): Promise<void> {
    const table = `keyed${tables++}`;
    const name = { database: world.name, table };
    const columns = names.map((type, index) => `k${index} ${type} NOT NULL`);
    const keys = names.map((_, index) => `k${index}`);
    await world.sql(
      `CREATE TABLE ${world.name}.${table} (${columns.join(', ')}, t DATETIME(6) NOT NULL, PRIMARY KEY
        (${[...keys, ...(timeInKey ? ['t'] : [])].join(', ')}), KEY (t))`,
    );
    world.add({ table, timeColumn: 't', chunkRows });
    // Keys that MySQL takes for one are there once.
    for (const [at, ...values] of rows)
      await world.sql(
        `INSERT IGNORE INTO ${world.name}.${table} (t, ${keys.join(', ')}) VALUES (${[at, ...values].join(', ')})`,
      );
    const { schema } = await openTable(world.session, { ...name, timeColumn: 't' });
    const served = await asServed(world, `${world.name}.${table}`, schema.columns, `t, ${keys.join(', ')}`);
    await archiveDay(world, name, day);
    // An archive's chunks have MySQL's order; the rows of one have any.
    expect(inChunks(await archivedHex(world, name, day), chunkRows)).toEqual(inChunks(served, chunkRows));
    expect(await purgeByChunks(name)).toBe(served.length);
    expect(await countRows(world, name)).toBe(0);
  }

  test('of any types, in tiny chunks: every row once, in MySQL’s order, and purged by the same ranges (P17, P18, P19, P20, P72, P73)', async () => {
    await fc.assert(
      fc.asyncProperty(keysAndRows, ({ names, timeInKey, chunkRows, rows }) =>
        goesThrough(names, timeInKey, chunkRows, rows),
      ),
      { numRuns: 8 },
    );
  });

  test('an ENUM is ordered by its index, which is not its text’s order (P72)', async () => {
    const enumerated = "ENUM('z', 'm', 'a', '1')";
    const rows = ["'a'", "'z'", "'m'", "'1'"].map((value) => [`'${day} 00:00:00'`, value]);
    await goesThrough([enumerated], false, 1, rows);
  });

  test('a key’s collation bounds the purge’s ranges as it bounded the pages (P20, P73)', async () => {
    const collated = 'VARCHAR(20) CHARACTER SET latin1 COLLATE latin1_swedish_ci';
    const bytewise = 'VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin';
    const words = ['a', 'B', 'b', 'C', 'ä', 'Å', 'z', 'Z', 'ö', '_', 'a b', ''];
    const rows = words.flatMap((word) =>
      words.slice(0, 3).map((other) => [`'${day} 00:00:00'`, `'${word}'`, `'${other}'`]),
    );
    await goesThrough([collated, bytewise], false, 1, rows);
    await goesThrough([bytewise, collated], false, 2, rows);
  });
});
