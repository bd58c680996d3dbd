import { gunzipSync } from 'node:zlib';
import { healPartition } from '../../src/activities/healPartition.ts';
import { purgeSlice } from '../../src/activities/purgeSlice.ts';
import { encodingOf } from '../../src/archive/column.ts';
import { readRows } from '../../src/archive/csvReader.ts';
import type { Manifest } from '../../src/archive/manifest.ts';
import type { HealResult } from '../../src/heal/result.ts';
import type { Source } from '../../src/job/source.ts';
import type { Partition } from '../../src/ledger/ledger.ts';
import { archiveDay, readManifest } from './job.ts';
import type { World } from './world.ts';

export const day = '2026-01-05';

/** A table with rows that share each second three by three, small chunks and small parts. */
export async function fill(world: World, table: string, rows: number, policy = {}): Promise<void> {
  await world.sql(
    `CREATE TABLE ${world.name}.${table} (id BIGINT NOT NULL PRIMARY KEY, note VARCHAR(40), amount DECIMAL(20,2), t DATETIME(6) NOT NULL, KEY by_time (t))`,
  );
  world.add({ table, timeColumn: 't', chunkRows: 10, partBytes: 700, ...policy });
  await insert(world, table, 0, rows);
}

/** Rows from one id up to another, at the times that follow from their ids. */
export async function insert(world: World, table: string, from: number, to: number): Promise<void> {
  const tuples = [];
  for (let id = from; id < to; id++)
    tuples.push(`(${id}, 'note ${id}', ${id}.50, TIMESTAMP('${day}') + INTERVAL ${Math.floor(id / 3)} SECOND)`);
  if (tuples.length > 0)
    await world.sql(`INSERT INTO ${world.name}.${table} (id, note, amount, t) VALUES ${tuples.join(',')}`);
}

export async function archive(world: World, table: string, source: Source = world.source, of = day): Promise<void> {
  await archiveDay(world, { database: world.name, table }, of, source);
}

/** One slice; with `runs` it is cancelled after so many transactions. */
export function purge(world: World, table: string, source = world.source, runs = Infinity) {
  const controller = new AbortController();
  let left = runs;
  // Others say why it waits.
  const heartbeat = (progress: Record<string, unknown>) => {
    if ('millis' in progress && --left <= 0) controller.abort();
  };
  const input = { table: `${world.name}.${table}`, cutoff: '2026-06-01', forMillis: 60_000 };
  return purgeSlice(source, input, { signal: controller.signal, heartbeat });
}

export function heal(world: World, table: string, source: Source = world.source, of = day): Promise<HealResult> {
  return healPartition(source, { table: `${world.name}.${table}`, day: of }, world.attempt);
}

/** Slices and heals in turn, as the workflow runs them. @returns the heals */
export async function purgeToEnd(world: World, table: string, source: Source = world.source): Promise<HealResult[]> {
  const heals: HealResult[] = [];
  for (let round = 0; round < 30; round++) {
    const slice = await purge(world, table, source);
    if (slice.drifted) heals.push(await heal(world, table, source, slice.day));
    else if (slice.done || slice.held) return heals;
  }
  throw new Error('the purge came to no end');
}

export async function partition(world: World, table: string, of = day): Promise<Partition | undefined> {
  return (await world.ledger.days(world.name, table)).find((each) => each.day === of);
}

export async function manifestOf(world: World, table: string, of = day): Promise<Manifest> {
  return readManifest(world, { database: world.name, table }, of);
}

/** Every row that a reader sees below the table's place, as text by column name; each object must be one that a manifest names. */
export async function archivedRows(
  world: World,
  table: string,
  days = [day],
): Promise<Record<string, string | null>[]> {
  const rows: Record<string, string | null>[] = [];
  const named = new Set<string>();
  for (const each of days) {
    const manifest = await manifestOf(world, table, each);
    for (const part of manifest.parts) {
      named.add(part.object.key);
      const columns = manifest.columns.slice(0, part.width);
      const csv = gunzipSync(await world.source.store.read(part.object.key));
      for (const row of readRows(csv, columns.map(encodingOf)))
        rows.push(
          Object.fromEntries(columns.map((column, field) => [column.name, row[field]?.toString('utf8') ?? null])),
        );
    }
  }
  const visible = (await world.source.store.list(`${world.name}/${table}/`)).filter(
    (key) => !/\/[_.][^/]*$/.test(key) && !/\/_/.test(key),
  );
  if (visible.some((key) => !named.has(key))) throw new Error(`a reader sees ${visible.join(', ')}`);
  return rows.sort((one, other) => Number(one.id) - Number(other.id));
}

export async function tableRows(world: World, table: string): Promise<Record<string, string | null>[]> {
  const rows = await world.sql(`SELECT * FROM ${world.name}.${table} ORDER BY id`);
  return rows.map((row) =>
    Object.fromEntries(Object.entries(row).map(([name, value]) => [name, value === null ? null : String(value)])),
  );
}
