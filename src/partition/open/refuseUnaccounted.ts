import { dayPrefix, isVisible, manifestKey, parsePartKey, tablePrefix, traceKey } from '../../archive/keys.ts';
import type { TablePolicy } from '../../config/policy.ts';
import { Stopped } from '../../job/attempt.ts';
import type { Source } from '../../job/source.ts';
import type { Ledger, PartitionKey } from '../../ledger/ledger.ts';
import { undatedDay } from '../../model/day.ts';
import { isArchived, isPurgeable } from '../../model/partitionState.ts';
import { PurgeTrace, WentBackInTime } from '../purgeTrace.ts';
import { namedObjects, refuseForeign, strays } from '../removeObjects.ts';

/**
 * Checks a day before it is exported. Nothing is written beside objects that the ledger doesn't know (pitfall P86: the
 * ledger is older than its table), and a day whose purge has begun is never exported again, whatever is missing of it
 * (pitfall P63: a lost manifest makes a purged day look new).
 * @throws WentBackInTime, Stopped
 */
export async function refuseUnaccounted(
  source: Source,
  ledger: Ledger,
  policy: TablePolicy,
  key: PartitionKey,
): Promise<void> {
  const tableFolder = source.folderOf(policy);
  const keys = await source.store.list(dayPrefix(tableFolder, key.day));
  if (keys.length === 0) return;
  // Read after the listing, so that the ledger knows what another attempt writes meanwhile.
  const row = await ledger.readPartition(key);
  if (row && isArchived(row.state)) return;
  if (keys.includes(traceKey(tableFolder, key.day)))
    throw new WentBackInTime(
      key,
      `${traceKey(tableFolder, key.day)} says that a purge has begun on it, and by the ledger it ` +
        `${row ? `is ${row.state}` : 'was never archived'}${missing(keys, manifestKey(tableFolder, key.day))}`,
    );
  const known = namedObjects(tableFolder, key.day, await ledger.readParts(key));
  const { foreign } = strays(keys, { tableFolder, key, epoch: row?.epoch ?? 0, named: known });
  const later = foreign.find((object) => parsePartKey(tableFolder, key.day, object));
  if (later !== undefined)
    throw new WentBackInTime(
      key,
      `${later} lies in S3, and the ledger ` +
        `${row ? `has given away no epoch after ${row.epoch}` : 'knows nothing of this day'}${missing(keys, manifestKey(tableFolder, key.day))}`,
    );
  if (!row && keys.includes(manifestKey(tableFolder, key.day)))
    throw new WentBackInTime(
      key,
      `${manifestKey(tableFolder, key.day)} is in S3, and the ledger knows nothing of this day`,
    );
  refuseForeign(key, foreign.filter(isVisible));
}

function missing(keys: readonly string[], manifest: string): string {
  return keys.includes(manifest) ? '' : `; ${manifest} is gone: put it back from its versions first`;
}

/**
 * Checks a table: nothing of it is exported if its ledger is gone, or behind the trace of the day that its purge would
 * continue with.
 * @throws WentBackInTime, Stopped
 */
export async function refuseTableBehind(source: Source, ledger: Ledger, policy: TablePolicy): Promise<void> {
  const { database, table } = policy;
  const prefix = tablePrefix(source.folderOf(policy));
  if (!(await isKnown(ledger, policy))) {
    const object = await source.store.first(prefix, [`${prefix}_`]);
    // Asked again: another attempt of this ledger may have written both since the first question.
    if (object === undefined || (await isKnown(ledger, policy))) return;
    throw new WentBackInTime({ database, table }, `${object} lies in S3, and the ledger knows nothing of the table`);
  }
  const days = await ledger.days(database, table);
  if (days.some(({ state }) => isArchived(state)) && (await source.store.first(prefix, [])) === undefined)
    throw new Stopped(
      `${database}.${table}: the ledger has archived days of it, and nothing of them lies below ${prefix} in bucket ` +
        `${source.store.bucket}: put store.bucket back to the one that holds them, or move them here with their versions`,
    );
  const due = days.find(({ state }) => isPurgeable(state));
  if (!due) return;
  const key = { database, table, day: due.day };
  const trace = await PurgeTrace.read(source, policy, key);
  const row = trace.standing && (await ledger.readPartition(key));
  if (row) trace.refuseBehind(row);
}

async function isKnown(ledger: Ledger, { database, table }: TablePolicy): Promise<boolean> {
  if (await ledger.readTable(database, table)) return true;
  return (await ledger.readPartition({ database, table, day: undatedDay })) !== undefined;
}
