import { expect } from 'vitest';
import type { TablePolicy } from '../../src/config/policy.ts';
import { Source } from '../../src/job/source.ts';
import { parseDay } from '../../src/model/day.ts';
import type { Session } from '../../src/mysql/session/session.ts';
import { tablesLike } from '../../src/native/exchange.ts';
import { exchangePrefix, readExchanges } from '../../src/native/exchangeLedger.ts';
import { archive, day, insert, partition, purge, tableRows } from './archived.ts';
import type { World } from './world.ts';

/** The layouts that fit: the time column's type, the clause, and the native partitions of the day. */
export const layouts = {
  toDays: {
    type: 'DATETIME(6)',
    clause: `RANGE (TO_DAYS(t)) (PARTITION p04 VALUES LESS THAN (TO_DAYS('2026-01-05')), PARTITION p05 VALUES LESS THAN (TO_DAYS('2026-01-06')),
      PARTITION p06 VALUES LESS THAN (TO_DAYS('2026-01-07')), PARTITION later VALUES LESS THAN MAXVALUE)`,
    names: 'p05',
  },
  columns: {
    type: 'DATETIME(6)',
    clause: `RANGE COLUMNS (t) (PARTITION p04 VALUES LESS THAN ('2026-01-05'), PARTITION p05 VALUES LESS THAN ('2026-01-06'),
      PARTITION p06 VALUES LESS THAN ('2026-01-07'), PARTITION later VALUES LESS THAN (MAXVALUE))`,
    names: 'p05',
  },
  unix: {
    type: 'TIMESTAMP',
    clause: `RANGE (UNIX_TIMESTAMP(t)) (PARTITION p04 VALUES LESS THAN (UNIX_TIMESTAMP('2026-01-05 00:00:00')),
      PARTITION p05 VALUES LESS THAN (UNIX_TIMESTAMP('2026-01-06 00:00:00')), PARTITION later VALUES LESS THAN MAXVALUE)`,
    names: 'p05',
  },
  halves: {
    type: 'DATETIME(6)',
    clause: `RANGE COLUMNS (t) (PARTITION p04 VALUES LESS THAN ('2026-01-05'), PARTITION p05am VALUES LESS THAN ('2026-01-05 12:00:00'),
      PARTITION p05pm VALUES LESS THAN ('2026-01-06'), PARTITION later VALUES LESS THAN (MAXVALUE))`,
    names: 'p05am, p05pm',
  },
  first: {
    type: 'DATETIME(6)',
    clause: `RANGE COLUMNS (t) (PARTITION p05 VALUES LESS THAN ('2026-01-06'), PARTITION later VALUES LESS THAN (MAXVALUE))`,
    names: 'p05',
  },
} as const;

/** A table in native partitions with so many rows of the day, and one of the day after; the day is archived. */
export async function fillNative(
  world: World,
  table: string,
  {
    layout = 'columns' as keyof typeof layouts,
    rows = 60,
    ...policy
  }: { layout?: keyof typeof layouts; rows?: number } & Partial<TablePolicy> = {},
): Promise<void> {
  const { type, clause } = layouts[layout];
  await world.sql(
    `CREATE TABLE ${world.name}.${table} (id BIGINT NOT NULL, note VARCHAR(40), amount DECIMAL(20,2), t
      ${type} NOT NULL, PRIMARY KEY (id, t), KEY by_time (t)) PARTITION BY ${clause}`,
  );
  world.add({ table, timeColumn: 't', chunkRows: 10, partBytes: 700, nativePartitions: 'auto', ...policy });
  await insert(world, table, 0, rows);
  await world.sql(
    `INSERT INTO ${world.name}.${table} VALUES (9000, 'at noon', 1, '${day} 13:00:00'), (9001, 'the day after', 1, '2026-01-06 00:00:00')`,
  );
  await archive(world, table);
}

/** The rows of the day itself. */
export async function dayRows(world: World, table: string): Promise<Record<string, string | null>[]> {
  return (await tableRows(world, table)).filter((row) => row.t?.startsWith(day));
}

/** Rows in the table, in twins with a written intent, and in the ledger. */
export async function account(
  world: World,
  table: string,
): Promise<{ table: number; twins: number; deleted: number; sum: number }> {
  const key = { database: world.name, table, day: parseDay(day) };
  const standing = new Set(await twinTables(world, table));
  let twins = 0;
  for (const { name, state } of await readExchanges(world.ledger, key))
    for (const place of [name, `${name}_back`])
      if (state === 'intended' && standing.has(place)) twins += await count(world, `${world.ledger.name}.${place}`);
  const counted = {
    table: await count(world, `${world.name}.${table}`),
    twins,
    deleted: (await partition(world, table))?.rowsDeleted ?? 0,
  };
  return { ...counted, sum: counted.table + counted.twins + counted.deleted };
}

/** What is left of a table's exchanges. */
export async function twinTables(world: World, table: string): Promise<string[]> {
  return tablesLike(
    world.session,
    world.ledger.name,
    exchangePrefix({ database: world.name, table, day: parseDay(day) }),
  );
}

/** A worker of its own whose statements that change anything are seen before and after the server has run them. */
export function watched(
  world: World,
  { before, after }: { before?: (sql: string) => unknown; after?: (sql: string, session: Session) => unknown },
): Source {
  const source = new Source(world.config);
  source.open = async (isolation) => {
    const session = await world.source.open(isolation);
    const execute = session.execute.bind(session);
    session.execute = async (sql, values) => {
      await before?.(sql);
      const changed = await execute(sql, values);
      await after?.(sql, session);
      return changed;
    };
    return session;
  };
  return source;
}

/** Does something once, at the first statement that matches. */
export function once(pattern: RegExp, work: () => Promise<unknown>): (sql: string) => Promise<void> {
  let done = false;
  return async (sql) => {
    if (done || !pattern.test(sql)) return;
    done = true;
    await work();
  };
}

async function count(world: World, place: string): Promise<number> {
  const [row] = await world.sql(`SELECT COUNT(*) AS n FROM ${place}`);
  return Number(row?.n);
}

/** A purge whose attempt is overtaken behind its exchange: the day's rows are out, and counted by nobody. */
export async function dieAfterExchange(world: World, table: string): Promise<void> {
  const overtake = `UPDATE ${world.ledger.name}.partitions SET epoch = epoch + 1 WHERE table_name = '${table}'`;
  const dying = watched(world, { after: once(/EXCHANGE/, () => world.sql(overtake)) });
  await expect(purge(world, table, dying)).rejects.toThrow(/overtaken/);
  dying.close();
}

/** Resolves once an exchange waits for the table's metadata lock. */
export async function waitsForMetadata(world: World, table: string): Promise<void> {
  const waiting = `SELECT 1 FROM information_schema.PROCESSLIST
    WHERE STATE LIKE 'Waiting for table metadata lock' AND INFO LIKE '%${table} EXCHANGE%'`;
  while ((await world.sql(waiting)).length === 0);
}
