import { commitManifest } from '../src/activities/commitManifest.ts';
import { deployProcedures } from '../src/activities/deployProcedures.ts';
import { exportPartition } from '../src/activities/exportPartition.ts';
import { purgeSlice } from '../src/activities/purgeSlice.ts';
import { verifyPartition } from '../src/activities/verifyPartition.ts';
import { requireOwnPrefix } from '../src/export/claimPrefix.ts';
import type { Attempt } from '../src/job/attempt.ts';
import type { Source } from '../src/job/source.ts';
import { laterDay } from './day.ts';
import { orders } from './orders.ts';

/** What a source needs before its first archive. */
export async function prepareSource(source: Source, attempt: Attempt): Promise<void> {
  await requireOwnPrefix(source);
  await deployProcedures(source, {}, attempt);
}

/** The day's archive, by the activities as a worker runs them. @returns its rows */
export async function archiveDay(source: Source, table: string, attempt: Attempt): Promise<number> {
  const input = { table, day: orders.day };
  await exportPartition(source, input, attempt);
  await verifyPartition(source, input, attempt);
  return (await commitManifest(source, input, attempt)).rows;
}

/** Slices as the workflow runs them, until nothing is left before the later day, or the attempt is aborted. @returns the rows deleted */
export async function purgeTable(source: Source, table: string, attempt: Attempt): Promise<number> {
  let deleted = 0;
  for (;;) {
    const slice = await purgeSlice(source, { table, cutoff: laterDay, forMillis: 300_000 }, attempt);
    deleted += slice.deleted;
    if (slice.native) process.stderr.write(`${slice.native}\n`);
    if (slice.drifted) throw new Error(`${table}: the day isn't what was archived`);
    if (slice.held !== undefined) process.stderr.write(`held: ${slice.held}\n`);
    if (slice.done || attempt.signal.aborted) return deleted;
  }
}
