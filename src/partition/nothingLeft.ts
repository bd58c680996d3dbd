import { sameDigest } from '../archive/digest.ts';
import type { Job } from '../job/job.ts';
import { leftDigest, type Partition } from '../ledger/ledger.ts';
import { rangeDigest } from '../mysql/rangeDigest.ts';
import type { OpenedDay } from './open/openedDay.ts';

/**
 * Whether the table holds nothing of the day but the rows that are known to stay; in the caller's transaction, under the
 * epoch.
 * @returns the day's row where it may be marked as purged
 * @throws Fenced
 */
export async function nothingLeft(
  { ledger, key }: Job,
  { epoch, schema }: Pick<OpenedDay, 'epoch' | 'schema'>,
): Promise<Partition | undefined> {
  const row = await ledger.holdEpoch(key, epoch, 'purged');
  const range = { schema, window: row.window, from: undefined, to: undefined, salt: row.salt };
  return sameDigest(await rangeDigest(ledger.session, range), leftDigest(row)) ? row : undefined;
}
