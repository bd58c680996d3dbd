import { gunzipSync } from 'node:zlib';
import { commitManifest } from '../../src/activities/commitManifest.ts';
import { exportPartition } from '../../src/activities/exportPartition.ts';
import { healPartition } from '../../src/activities/healPartition.ts';
import { purgeSlice } from '../../src/activities/purgeSlice.ts';
import { verifyPartition } from '../../src/activities/verifyPartition.ts';
import { type Encoding, encodingOf } from '../../src/archive/column.ts';
import { readRows } from '../../src/archive/csvReader.ts';
import { manifestKey } from '../../src/archive/keys.ts';
import { type Manifest, type ManifestPart, parseManifest } from '../../src/archive/manifest.ts';
import { findPolicy } from '../../src/config/policy.ts';
import type { Source } from '../../src/job/source.ts';
import type { Day } from '../../src/model/day.ts';
import { formatTableName, type TableName } from '../../src/model/tableName.ts';
import { qualified } from '../../src/mysql/quote.ts';
import type { World } from './world.ts';

/** One day's archive, from export to manifest, by the activities themselves. */
export async function archiveDay(world: World, name: TableName, day: string, source: Source = world.source) {
  const input = { table: formatTableName(name), day };
  const exported = await exportPartition(source, input, world.attempt);
  await verifyPartition(source, input, world.attempt);
  await commitManifest(source, input, world.attempt);
  return exported;
}

/** Purges every archived day, slices and heals in turn as the workflow runs them, and gives the rows deleted. */
export async function purgeAll(world: World, name: TableName, source: Source = world.source): Promise<number> {
  const input = { table: formatTableName(name), cutoff: '9999-01-01', forMillis: 60_000 };
  let deleted = 0;
  for (let round = 0; round < 30; round++) {
    const slice = await purgeSlice(source, input, world.attempt);
    deleted += slice.deleted;
    if (slice.held) throw new Error(slice.held);
    if (slice.done) return deleted;
    if (slice.drifted && slice.day) await healPartition(source, { table: input.table, day: slice.day }, world.attempt);
  }
  throw new Error('the purge came to no end');
}

export async function readManifest(world: World, name: TableName, day: string): Promise<Manifest> {
  const place = world.source.folderOf(findPolicy(world.config, formatTableName(name)));
  return parseManifest((await world.source.store.read(manifestKey(place, day as Day))).toString());
}

/** A day's rows as its committed objects hold them: values as upper-case hex of their bytes. */
export async function archivedHex(world: World, name: TableName, day: string): Promise<(string | null)[][]> {
  const manifest = await readManifest(world, name, day);
  return rowsOf(world, manifest.parts, manifest.columns.map(encodingOf));
}

/** The rows of parts, in their order: values as upper-case hex of their bytes. */
export async function rowsOf(
  world: World,
  parts: readonly ManifestPart[],
  encodings: readonly Encoding[],
): Promise<(string | null)[][]> {
  const rows: (string | null)[][] = [];
  for (const { object, width } of parts) {
    const csv = gunzipSync(await world.source.store.read(object.key, { versionId: object.versionId }));
    for (const row of readRows(csv, encodings.slice(0, width)))
      rows.push(row.map((value) => value?.toString('hex').toUpperCase() ?? null));
  }
  return rows;
}

export async function countRows(world: World, name: TableName): Promise<number> {
  const [row] = await world.sql(`SELECT COUNT(*) AS number FROM ${qualified(name.database, name.table)}`);
  return Number(row?.number);
}
