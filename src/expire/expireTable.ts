import { announcedBefore } from '../config/expiry.ts';
import { release } from '../config/release.ts';
import { allowedPolicy } from '../job/allowedPolicy.ts';
import type { TableJob } from '../job/job.ts';
import { serverToday } from '../job/tableTime.ts';
import { announceExpiries } from '../ledger/expiries.ts';
import type { Day } from '../model/day.ts';
import { type ExpiredDay, expireDay } from './expireDay.ts';
import { type ExpiryPlan, type PlannedExpiry, planExpiry } from './planExpiry.ts';

export interface ExpiredTable {
  expired: ({ day: Day } & ExpiredDay)[];
  /** Days whose time is over and that can't go now. */
  refused: PlannedExpiry[];
  plan: ExpiryPlan;
}

/** A run deletes so many days of a table; the next goes on. */
const daysAtOnce = 400;

/**
 * Announces what will expire, and deletes what has: each day by itself, and one that can't go keeps no other from it.
 * @param who a person; left out: this release
 * @param byAudit whether the schedule asks: then only where both the worker's and the newest policy let it
 */
export async function expireTable(
  job: TableJob,
  { who = `sediment ${release}`, byAudit }: { who?: string; byAudit: boolean },
): Promise<ExpiredTable> {
  const { ledger, attempt } = job;
  const { policy } = await allowedPolicy(ledger, job.policy);
  await announceExpiries(ledger, policy, announcedBefore(policy.archive, await serverToday(ledger.session, policy)));
  const plan = await planExpiry(job, daysAtOnce);
  if (byAudit && plan.by !== 'audit') return { expired: [], refused: [], plan };
  const expired: ExpiredTable['expired'] = [];
  const { database, table } = policy;
  for (const { day, refused } of plan.due) {
    if (refused !== null) continue;
    attempt.signal.throwIfAborted();
    expired.push({ day, ...(await expireDay({ ...job, policy, key: { database, table, day } }, who)) });
  }
  return { expired, refused: plan.due.filter(({ refused }) => refused !== null), plan };
}
