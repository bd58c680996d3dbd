import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exportPartition } from '../../../src/activities/exportPartition.ts';
import { Source } from '../../../src/job/source.ts';
import type { Day } from '../../../src/model/day.ts';
import { TableRefused } from '../../../src/mysql/schema/tableSchema.ts';
import { archiveDay, archivedHex } from '../../support/job.ts';
import { type SqlProxy, sqlProxy } from '../../support/proxy.ts';
import { makeWorld, type World } from '../../support/world.ts';

const day = '2026-01-05';
const rows = 60;

describe.each(['mysql', 'mariadb'] as const)('a stream from %s that breaks', (flavor) => {
  let world: World;
  let proxy: SqlProxy;
  let tables = 0;

  beforeAll(async () => {
    world = await makeWorld(flavor);
    proxy = await sqlProxy(world.config.source.port);
  });
  afterAll(async () => {
    world.close();
    await proxy.close();
  });

  async function fill(): Promise<{ database: string; table: string }> {
    const table = `broken${tables++}`;
    await world.sql(
      `CREATE TABLE ${world.name}.${table} (id INT PRIMARY KEY, note TEXT, t DATETIME NOT NULL, KEY (t))`,
    );
    const tuples = Array.from({ length: rows }, (_, id) => `(${id}, '${'note\\n'.repeat(40)}', '${day} 10:00:00')`);
    await world.sql(`INSERT INTO ${world.name}.${table} VALUES ${tuples.join(', ')}`);
    world.add({ table, timeColumn: 't', chunkRows: 13 });
    return { database: world.name, table };
  }

  /** The source as it is seen through the proxy. */
  function throughProxy(): Source {
    return new Source({ ...world.config, source: { ...world.config.source, port: proxy.port } });
  }

  async function exportThroughProxy(name: { database: string; table: string }): Promise<unknown> {
    const source = throughProxy();
    try {
      return await exportPartition(source, { table: `${name.database}.${name.table}`, day }, world.attempt);
    } finally {
      source.close();
    }
  }

  /** Of parts that the ledger has. The table's rows fit into one. */
  async function exportedRows({ table }: { table: string }): Promise<number> {
    const parts = await world.sql(`SELECT body FROM ${world.ledger.name}.parts WHERE table_name = ?`, [table]);
    return parts.reduce((sum, { body }) => sum + JSON.parse(String(body)).rows, 0);
  }

  test('at any byte, by FIN or by reset, fails the export: its end is never taken for the end of the rows (P11, P39)', async () => {
    const measured = await fill();
    const before = proxy.bytes();
    await exportThroughProxy(measured);
    const whole = proxy.bytes() - before;
    const cut = fc.record({
      at: fc.integer({ min: 200, max: whole - 200 }),
      ending: fc.constantFrom('end' as const, 'reset' as const),
    });
    await fc.assert(
      fc.asyncProperty(cut, async ({ at, ending }) => {
        const name = await fill();
        proxy.cutAfter(at, ending);
        await expect(exportThroughProxy(name)).rejects.toThrow();
        proxy.cutAfter(Number.POSITIVE_INFINITY);
        // A cut behind the last row fails the attempt too, but by then all of the rows are there.
        const state = (await world.ledger.readPartition({ ...name, day: day as Day }))?.state ?? 'exporting';
        expect(state === 'exported' ? [rows] : [0, rows]).toContain(await exportedRows(name));
        expect(['exporting', 'exported']).toContain(state);
        await archiveDay(world, name, day);
        expect(await archivedHex(world, name, day)).toHaveLength(rows);
      }),
      { numRuns: 5 },
    );
  });

  test('by KILL fails with the server’s own error, and the retry archives every row (P11)', async () => {
    const name = await fill();
    const source = new Source(world.config);
    const open = source.open.bind(source);
    source.open = async (isolation) => {
      const session = await open(isolation);
      if (isolation !== 'REPEATABLE READ') return session;
      const [own] = await session.rows('SELECT CONNECTION_ID() AS id');
      await world.sql(`KILL ${own?.id}`);
      return session;
    };
    const input = { table: `${name.database}.${name.table}`, day };
    await expect(exportPartition(source, input, world.attempt)).rejects.toThrow();
    source.close();
    await archiveDay(world, name, day);
    expect(await archivedHex(world, name, day)).toHaveLength(rows);
  });
});

test('a column type that the dialect has no rule for is refused by name, before anything is written', async () => {
  const world = await makeWorld('mysql');
  await world.sql(`CREATE TABLE ${world.name}.odd (id INT PRIMARY KEY, t DATETIME NOT NULL, KEY (t))`);
  world.add({ table: 'odd', timeColumn: 't' });
  const source = new Source(world.config);
  const open = source.open.bind(source);
  source.open = async (isolation) => {
    const session = await open(isolation);
    const answer = session.rows.bind(session) as (sql: string, values?: readonly unknown[]) => Promise<never[]>;
    // A server newer than this program: its catalogue names a type of tomorrow.
    session.rows = async (sql: string, values: readonly unknown[] = []) =>
      answer(sql.replace('DATA_TYPE AS dataType', "'hyperloglog' AS dataType"), values);
    return session;
  };
  const exported = exportPartition(source, { table: `${world.name}.odd`, day }, world.attempt);
  await expect(exported).rejects.toThrow(TableRefused);
  await expect(exported).rejects.toThrow(`${world.name}.odd refused: column id has type hyperloglog`);
  expect(await world.source.store.list('')).toEqual(['_sediment.json', '_server.json']);
  source.close();
  world.close();
});
