import { openArchived } from '../checks/openTable.ts';
import { allowedPolicy, cutoffOfBoth, outsideNewerWindow } from '../job/allowedPolicy.ts';
import { type Attempt, Stopped } from '../job/attempt.ts';
import { clocksApart } from '../job/clocks.ts';
import type { TableJob } from '../job/job.ts';
import type { Source } from '../job/source.ts';
import { serverToday } from '../job/tableTime.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { keptInWords, readKeptDays } from '../ledger/putBacks.ts';
import type { Day } from '../model/day.ts';
import { isPurgeable } from '../model/partitionState.ts';
import { formatTableName } from '../model/tableName.ts';
import { serverNow } from '../mysql/clock.ts';
import { joinResourceGroup } from '../mysql/session/resourceGroup.ts';
import { settleLeftExchanges } from '../native/settleExchanges.ts';
import { boundsOf, etaOf, recentRate } from '../pacing/eta.ts';
import type { Pace } from '../pacing/operatorPace.ts';
import { keepingStops, openDay } from '../partition/open/openDay.ts';
import { requireServer } from '../partition/open/serverClaim.ts';
import { PacedPurge } from '../partition/pacedPurge.ts';
import { dueOf } from './due.ts';
import { findLateDay } from './findLateDay.ts';
import { purgeDay } from './purgeDay.ts';
import { refuseExpired } from './refuseExpired.ts';
import type { SliceResult } from './result.ts';
import { backlogOf, standingAfter } from './standing.ts';

export interface Slice {
  /** Days before it may be purged. */
  cutoff: Day;
  /** How long it works, in milliseconds. */
  forMillis: number;
  pace: Pace;
}

const nothing = { deleted: 0 };

/** By a clock that is ahead, rows within their retention would be due. */
async function heldByClocks(source: Source, ledger: Ledger, attempt: Attempt) {
  const apart = await clocksApart(source, ledger.session, attempt);
  return apart === undefined ? undefined : { held: apart, heldBy: 'clock' };
}

/** Purges the oldest day that is past the retention, chunk by proved chunk, for as long as a slice may last. */
export async function purgeOldestDay(own: TableJob, { cutoff: asked, forMillis, pace }: Slice): Promise<SliceResult> {
  const { source, ledger, attempt } = own;
  await requireServer(source, ledger);
  await settleLeftExchanges(ledger, own.policy);
  const allowed = await allowedPolicy(ledger, own.policy);
  const { policy } = allowed;
  const table = { ...own, policy };
  if (policy.purge !== 'enabled') {
    const whose = own.policy.purge === 'enabled' ? 'newer than this worker’s says' : 'says';
    return { done: true, deleted: 0, held: `the policy of ${formatTableName(policy)} ${whose} purge: disabled` };
  }
  if (!(await source.conditionalWrites()))
    throw new Stopped(
      [
        `bucket ${source.store.bucket} lets one key be written twice: an attempt that was overtaken could ` +
          'replace what was proved, so nothing is purged against it.',
        'Use a store with conditional writes, or write purge: disabled',
      ].join(' '),
    );
  const { resourceGroup } = policy.throttle;
  if (resourceGroup !== undefined) await joinResourceGroup(ledger.session, resourceGroup);
  const { schema, kind } = await openArchived(ledger, policy, { moment: 'slice', config: source.config });
  // The earlier of the two cutoffs (pitfall P79: a plan for the future; pitfall P81: a plan from before a longer retention).
  const latest = cutoffOfBoth(await serverToday(ledger.session, policy), allowed);
  const cutoff = asked < latest ? asked : latest;
  const kept = (await readKeptDays(ledger.session, ledger.name, policy)).get(formatTableName(policy)) ?? [];
  const days = (await ledger.days(policy.database, policy.table)).filter(
    ({ day }) => !kept.some((each) => each.day === day),
  );
  const due =
    days.find((each) => each.day < cutoff && isPurgeable(each.state)) ??
    (await findLateDay(
      ledger,
      { schema, kind },
      days.filter(({ day, state }) => day < cutoff && state === 'purged'),
    ));
  if (!due) {
    await refuseExpired(ledger, { schema, kind }, days);
    const [first] = kept.filter(({ day }) => day < cutoff);
    return first ? { ...nothing, done: true, held: keptInWords(policy, first) } : { ...nothing, done: true };
  }
  const key = { database: policy.database, table: policy.table, day: due.day };
  const hold = await ledger.activeHold(key);
  const held = hold
    ? { held: `${hold.owner}: ${hold.reason}`, heldBy: 'hold' }
    : await heldByClocks(source, ledger, attempt);
  if (held) {
    const paced = await PacedPurge.open(table, pace);
    await paced.close(held, attempt);
    return { done: false, day: key.day, deleted: 0, ...held, standing: standingAfter(days, due, cutoff, nothing) };
  }
  const now = await serverNow(ledger.session);
  const closed = outsideNewerWindow(allowed, Date.parse(now));
  if (closed) {
    const standing = standingAfter(days, due, cutoff, nothing);
    return { done: false, day: key.day, deleted: 0, held: closed, heldBy: 'window', standing };
  }
  const job = { ...table, key };
  const day = await openDay(job, schema);
  return keepingStops(ledger, key, day.epoch, async () => {
    const paced = await PacedPurge.open(table, pace, dueOf(policy, days, cutoff, now));
    // Asked ahead: a slice that is cancelled asks nothing more.
    const deletedToday = await ledger.deletedToday(policy);
    let result: SliceResult | undefined;
    try {
      result = await purgeDay(job, day, paced, forMillis);
    } finally {
      await paced.close(result, attempt);
    }
    const { time, rowsPerSecond } = paced.summary();
    const standing = standingAfter(days, due, cutoff, result);
    const bounds = boundsOf(policy, deletedToday + result.deleted);
    const eta = etaOf(backlogOf(policy, days, standing), recentRate(paced.pacer.shares), bounds, now);
    return { ...result, time, standing: { ...standing, rowsPerSecond, eta } };
  });
}
