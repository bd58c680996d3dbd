import { healPartition } from '../../src/activities/healPartition.ts';
import { purgeSlice } from '../../src/activities/purgeSlice.ts';
import { parseTableName } from '../../src/model/tableName.ts';
import { linesOfTable, runFresh, type SmallDay, type Work, writeDay } from './crashedDay.ts';
import { purgeAll } from './job.ts';
import type { World } from './world.ts';

/** A day in the middle of its purge, two chunks of three deleted, in which a row has changed, one came late and one vanished. */
export async function prepareWithDrift(world: World, table: string): Promise<SmallDay> {
  const smallDay = await writeDay(world, table);
  await runFresh(world, smallDay.job.slice(0, 3));
  await runFresh(world, [(source) => purgeOnce(source, smallDay)]);
  const before = await linesOfTable(world, table);
  await drift(world, table);
  // The archive must have deleted rows as they were, and the others as they are now.
  const left = new Set(before);
  const deleted = smallDay.written.filter((line) => !left.has(line));
  const written = [...deleted, ...(await linesOfTable(world, table))].sort();
  return { ...smallDay, written, job: healAndPurge(world, smallDay) };
}

/** An archived day of two parts, each of which has changed. Its heal publishes the one, and then goes on with the other. */
export async function prepareWithStretches(world: World, table: string): Promise<SmallDay> {
  const smallDay = await writeDay(world, table);
  await runFresh(world, smallDay.job.slice(0, 3));
  await world.sql(`UPDATE ${world.name}.${table} SET note = 'changed' WHERE id IN (100, 500)`);
  await drift(world, table);
  const [, purging] = healAndPurge(world, smallDay);
  const healing: Work = (source) =>
    healPartition(Object.assign(source, { healPartBytes: 1 }), smallDay.input, world.attempt);
  return { ...smallDay, written: await linesOfTable(world, table), job: purging ? [healing, purging] : [healing] };
}

/** A purged day in which rows have come since. */
export async function prepareWithLateRows(world: World, table: string): Promise<SmallDay> {
  const smallDay = await writeDay(world, table);
  await runFresh(world, smallDay.job);
  await world.sql(
    `INSERT INTO ${world.name}.${table} SELECT id + 5000, 'late', payload, t FROM ${world.name}.seed WHERE id % 200 = 0`,
  );
  const written = [...smallDay.written, ...(await linesOfTable(world, table))].sort();
  return { ...smallDay, written, job: healAndPurge(world, smallDay) };
}

/** Changes, removes and adds a row of the day's last chunk. */
export async function drift(world: World, table: string): Promise<void> {
  await world.sql(`UPDATE ${world.name}.${table} SET note = 'changed' WHERE id = 900`);
  await world.sql(`DELETE FROM ${world.name}.${table} WHERE id = 910`);
  await world.sql(
    `INSERT INTO ${world.name}.${table} SELECT id + 5000, note, payload, t FROM ${world.name}.seed WHERE id = 920`,
  );
}

function healAndPurge(world: World, { input }: SmallDay): Work[] {
  return [
    (source) => healPartition(source, input, world.attempt),
    (source) => purgeAll(world, parseTableName(input.table), source),
  ];
}

/** A slice that is cancelled after its first transaction. */
async function purgeOnce(source: Parameters<Work>[0], { input }: SmallDay): Promise<void> {
  const controller = new AbortController();
  const slice = { table: input.table, cutoff: '2026-06-01', forMillis: 60_000 };
  await purgeSlice(source, slice, { signal: controller.signal, heartbeat: () => controller.abort() });
}
