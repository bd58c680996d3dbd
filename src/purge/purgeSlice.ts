import { findPolicy } from '../config/policy.ts';
import { allowedPolicy, cutoffOfBoth, outsideNewerWindow } from '../job/allowedPolicy.ts';
import { type Attempt, Stopped } from '../job/attempt.ts';
import { openArchived } from '../job/openTable.ts';
import type { Source } from '../job/source.ts';
import { serverNow, serverToday } from '../job/tableTime.ts';
import type { PartitionKey } from '../ledger/ledger.ts';
import { requireServer } from '../ledger/serverIdentity.ts';
import { parseDay } from '../model/day.ts';
import { formatTableName } from '../model/tableName.ts';
import { settleLeftExchanges } from '../native/settleExchanges.ts';
import { parsePace } from '../pacing/operatorPace.ts';
import { keepingStops, openDay } from '../partition/openDay.ts';
import { findLateDay } from './findLateDay.ts';
import { PacedPurge } from './purgePacing.ts';
import { purgeChunks } from './purgeRuns.ts';
import type { SliceInput, SliceResult } from './result.ts';

/** Purges the oldest day that is past the retention, chunk by proved chunk, for as long as a slice may last. */
export async function purgeSlice(source: Source, input: SliceInput, attempt: Attempt): Promise<SliceResult> {
  const own = findPolicy(source.config, input.table);
  return source.withLedger(async (ledger) => {
    await requireServer(ledger);
    await settleLeftExchanges(ledger, own);
    const allowed = await allowedPolicy(ledger, own);
    const { policy } = allowed;
    if (policy.purge !== 'enabled') {
      const whose = own.purge === 'enabled' ? 'newer than this worker’s says' : 'says';
      return { done: true, deleted: 0, held: `the policy of ${formatTableName(own)} ${whose} purge: disabled` };
    }
    if (!(await source.conditionalWrites()))
      throw new Stopped(
        `bucket ${source.store.bucket} lets one key be written twice: an attempt that was overtaken could replace what was proved, so nothing is purged against it. Use a store with conditional writes`,
      );
    const { schema, kind } = await openArchived(ledger, policy);
    // The stricter of the two cutoffs: a plan from before, or from a future that isn't here, deletes nothing more (P79, P81).
    const latest = cutoffOfBoth(await serverToday(ledger.session, policy), allowed);
    const asked = parseDay(input.cutoff);
    const cutoff = asked < latest ? asked : latest;
    const days = await ledger.days(policy.database, policy.table);
    const due =
      days.find((each) => each.day < cutoff && (each.state === 'archived' || each.state === 'purging')) ??
      (await findLateDay(ledger, schema, kind, days, cutoff));
    if (!due) return { done: true, deleted: 0 };
    const key: PartitionKey = { database: policy.database, table: policy.table, day: due.day };
    const hold = await ledger.activeHold(key);
    const pace = parsePace(input.pace ?? null);
    if (hold) {
      const held = { held: `${hold.owner}: ${hold.reason}`, heldBy: 'hold' };
      const paced = await PacedPurge.open(source, ledger, policy, pace);
      await paced.close(held, attempt);
      return { done: false, day: key.day, deleted: 0, ...held };
    }
    const closed = outsideNewerWindow(allowed, Date.parse(await serverNow(ledger.session)));
    if (closed) return { done: false, day: key.day, deleted: 0, held: closed, heldBy: 'window' };
    const day = await openDay(source, ledger, policy, schema, key, attempt);
    return keepingStops(ledger, key, day.epoch, async () => {
      const paced = await PacedPurge.open(source, ledger, policy, pace);
      let result: SliceResult | undefined;
      try {
        result = await purgeChunks(source, ledger, policy, day, paced, input.forMillis, attempt);
      } finally {
        await paced.close(result, attempt);
      }
      const { time } = paced.told();
      return { ...result, ...(time ? { time } : {}) };
    });
  });
}
