import { afterAll, beforeAll, expect, test } from 'vitest';
import { healPartition } from '../../../src/activities/healPartition.ts';
import { purgeSlice } from '../../../src/activities/purgeSlice.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { Source } from '../../../src/job/source.ts';
import { parseTableName } from '../../../src/model/tableName.ts';
import { policyFile, policyText, sediment } from '../../support/command.ts';
import { archiveDay } from '../../support/job.ts';
import { makeWorld, type World } from '../../support/world.ts';

let world: World;
let source: Source;
let config: string;

/** An hour that begins in twelve: closed whenever the test runs. */
const closed = () => {
  const hour = (after: number) => String((new Date().getUTCHours() + after) % 24).padStart(2, '0');
  return `${hour(12)}:00-${hour(13)}:00 UTC`;
};
const day = '2026-01-05';
const rowsADay = 400;

beforeAll(async () => {
  world = await makeWorld('mysql');
  const named = (table: string, more: string) =>
    `{ table: ${world.name}.${table}, timeColumn: t, purge: enabled, pace: full, chunkRows: 50, firstDay: ${day}${more} }`;
  config = policyFile(
    policyText({
      name: world.name,
      tables: [
        named('paced', ', maxRowsPerSecond: 1000'),
        named('closed', `, window: "${closed()}"`),
        named('fused', ', maxRowsPerDay: 100'),
        named('held', ''),
        named('late', ''),
      ],
    }),
  );
  source = new Source(loadConfig(config));
});
afterAll(() => {
  source.close();
  world.close();
});

const slice = (table: string, forMillis = 60_000, attempt = world.attempt) =>
  purgeSlice(source, { table, cutoff: '2026-06-01', forMillis }, attempt);

/** A table with the days archived that are named, of so many rows each. */
async function filled(name: string, of: Record<string, number> = { [day]: rowsADay }): Promise<string> {
  const table = `${world.name}.${name}`;
  await world.sql(`CREATE TABLE ${table} (id INT PRIMARY KEY AUTO_INCREMENT, t DATETIME NOT NULL, KEY (t))`);
  for (const [day, count] of Object.entries(of)) {
    const rows = Array.from({ length: count }, (_, at) => `('${day}' + INTERVAL ${at} SECOND)`);
    await world.sql(`INSERT INTO ${table} (t) VALUES ${rows.join(',')}`);
    await archiveDay(world, parseTableName(table), day, source);
  }
  return table;
}

/** The table's part of `status --json`. */
async function statusOf(table: string) {
  const { stdout } = await sediment(['status', table, '--json', '-c', config]);
  return JSON.parse(stdout).tables[0];
}

async function rowsIn(table: string): Promise<number> {
  return Number((await world.sql(`SELECT COUNT(*) AS number FROM ${table}`))[0]?.number);
}

async function serverMillis(): Promise<number> {
  return Number((await world.sql('SELECT ROUND(UNIX_TIMESTAMP(NOW(3)) * 1000) AS now'))[0]?.now);
}

test('the rate is that of the rows that were deleted, over the time that it took, waits included; without a worker no end is in sight', async () => {
  const table = await filled('paced', { [day]: 3_000, '2026-01-06': 20_000 });
  const before = await rowsIn(table);
  const began = await serverMillis();
  // Over the first day's end, and into the second.
  await slice(table);
  await slice(table, 300);
  const { time, pace, outlook, rowsDue } = await statusOf(table);
  const [deleted, elapsed] = [before - (await rowsIn(table)), ((await serverMillis()) - began) / 1000];
  expect(deleted).toBeGreaterThan(3_000);
  expect(time.rows).toBe(deleted);
  expect(rowsDue).toBe(before - deleted);
  expect(pace.rowsPerSecond * pace.seconds).toBeCloseTo(deleted, 5);
  expect(pace.seconds).toBeLessThanOrEqual(elapsed);
  expect(outlook).toEqual({ kind: 'unknown' });
  expect(time.heldBy[0].by).toBe('pace');
  expect(time.held + time.deleting).toBeLessThanOrEqual(1.001);
});

test('outside its window a purge says that it waits, since when, and nothing of an end; the time between two looks is the window’s', async () => {
  const table = await filled('closed');
  const { time: told } = await slice(table);
  const first = await statusOf(table);
  expect(first.waits).toMatchObject({ by: 'window', reason: expect.stringContaining('outside the purge window') });
  expect(await slice(table)).toMatchObject({ heldBy: 'window' });
  const { waits, time, outlook, purging } = await statusOf(table);
  expect(waits.since).toBe(first.waits.since);
  expect(time.heldBy).toEqual([{ by: 'window', share: expect.closeTo(1, 1) }]);
  expect(outlook).toEqual({ kind: 'unknown' });
  expect(purging.rowsLeft).toBe(rowsADay);
  expect(told ?? 'not held').toMatch(/^(held 100 % of the last \d+ s: window 100 %|not held.*)$/);
});

test('a fuse and a person’s hold are told like any other wait', async () => {
  const fused = await filled('fused');
  expect(await slice(fused)).toMatchObject({ deleted: 100, heldBy: 'fuse' });
  const first = await statusOf(fused);
  expect(first.waits).toMatchObject({ by: 'fuse', reason: expect.stringContaining('100 rows deleted today') });
  expect(await slice(fused)).toMatchObject({ deleted: 0, heldBy: 'fuse' });
  expect((await statusOf(fused)).waits.since).toBe(first.waits.since);
  const held = await filled('held');
  await slice(held, -1);
  await world.ledger.putHold({ scope: held, owner: 'oncall', reason: 'month-end close', until: null });
  await slice(held);
  await slice(held);
  await world.ledger.dropHold(held);
  const { time } = await statusOf(held);
  expect(time.heldBy).toEqual([{ by: 'pause', share: expect.any(Number) }]);
});

test('late rows of a day that was purged long ago don’t count its rows again', async () => {
  const table = await filled('late');
  while (!(await slice(table)).done) {}
  await world.sql(`INSERT INTO ${table} (t) VALUES ('${day} 12:00:00'), ('${day} 12:00:01')`);
  // As if all that had been yesterday.
  await world.sql(`UPDATE ${world.name}_ledger.tables SET servo = NULL WHERE table_name = 'late'`);
  await world.sql(`UPDATE ${world.name}_ledger.partitions SET updated_at = updated_at - INTERVAL 1 DAY`);
  for (let round = 0; round < 5 && (await rowsIn(table)) > 0; round++) {
    if ((await slice(table)).drifted) await healPartition(source, { table, day }, world.attempt);
  }
  const [row] = await world.sql(`SELECT servo FROM ${world.name}_ledger.tables WHERE table_name = 'late'`);
  const { minutes } = JSON.parse(row?.servo ?? '{}').spent;
  expect(minutes.reduce((total: number, { rows }: { rows: number }) => total + rows, 0)).toBe(2);
});
