import { dayPrefix } from '../archive/keys.ts';
import { Stopped } from '../job/attempt.ts';
import type { Job } from '../job/job.ts';
import { beginExpiry, countExpired, endExpiry, readExpiries } from '../ledger/expiries.ts';
import { KeptBack, keptDay } from '../ledger/putBacks.ts';
import { formatTableName } from '../model/tableName.ts';
import { requireServer } from '../partition/open/serverClaim.ts';
import { abortUploads } from '../partition/removeObjects.ts';
import { versionsOfDay } from '../partition/versionsOfDay.ts';
import { requireExpired } from './requireExpired.ts';

export interface ExpiredDay {
  rows: number;
  bytes: number;
  /** Versions of objects that are deleted, those of an earlier attempt included. */
  versions: number;
}

/**
 * Deletes a day's archive in all its versions. The ledger says first that it is to go, under a new epoch, so that nothing
 * opens the day any more; what was begun is ended by the same call.
 * @throws Stopped
 */
export async function expireDay(job: Job, who: string): Promise<ExpiredDay> {
  const { source, ledger, policy, key, attempt } = job;
  const dayName = `${formatTableName(key)} ${key.day}`;
  await requireServer(source, ledger);
  const versions = await requireExpired(job);
  await ledger.session.transaction(async () => {
    const row = await ledger.lockPartition(key);
    if (!row) throw new Stopped(`${dayName}: its ledger row is gone`);
    // Under the lock that a restore takes before it keeps a day: either sees the other.
    const kept = row.state === 'expired' ? undefined : await keptDay(ledger, key);
    if (kept) throw new KeptBack(key, kept);
    await ledger.takeEpoch(key, row, 'expired');
    await beginExpiry(ledger, key, who);
  });
  await abortUploads(source, dayPrefix(source.folderOf(policy), key.day), attempt);
  let deleted = 0;
  try {
    for (const { key: own, versionId } of versions) {
      attempt.signal.throwIfAborted();
      attempt.heartbeat({ phase: 'deleting versions', version: deleted, of: versions.length });
      await source.store.remove(own, versionId);
      deleted++;
    }
  } finally {
    await countExpired(ledger, key, deleted);
  }
  for await (const { key: own } of versionsOfDay(job, Number.POSITIVE_INFINITY))
    throw new Stopped(`${dayName}: a version of ${own} was written meanwhile. Run the same command again`);
  const expiry = (await readExpiries(ledger.session, ledger.name, key))
    .get(formatTableName(key))
    ?.find(({ day }) => day === key.day);
  if (!expiry) throw new Stopped(`${dayName}: the ledger has no announcement of its expiry`);
  await endExpiry(ledger, key, expiry);
  const { rows, bytes, versions: all } = expiry;
  attempt.report?.({ table: formatTableName(key), day: key.day }, { event: 'expired', rows, bytes, versions: all });
  return { rows, bytes, versions: all };
}
