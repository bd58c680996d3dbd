import { goesOn } from '../config/expiry.ts';
import { allowedPolicy } from '../job/allowedPolicy.ts';
import type { TableJob } from '../job/job.ts';
import { stopOf } from '../job/stopOf.ts';
import { serverToday } from '../job/tableTime.ts';
import { readExpiries } from '../ledger/expiries.ts';
import type { Day } from '../model/day.ts';
import { formatTableName } from '../model/tableName.ts';
import { requireExpired } from './requireExpired.ts';

/** A day whose archive has come to the end of its time, or will. */
export interface PlannedExpiry {
  day: Day;
  rows: number;
  bytes: number;
  /** The first day on which it may be deleted. */
  goesOn: Day;
  /** Whether its deletion was begun and isn't done. */
  begun: boolean;
  /** Why it can't be deleted now, though its time is over; null where it can, and where it isn't over yet. */
  refused: string | null;
}

export interface ExpiryPlan {
  /** Undefined: archives are kept for good. */
  expire: string | undefined;
  by: 'command' | 'audit';
  due: PlannedExpiry[];
  /** Announced, and not over yet. */
  later: PlannedExpiry[];
}

/** What of a table's archive has expired, days in their order, by the stricter of the worker's and the newest policy. Changes nothing. */
export async function planExpiry(job: TableJob, daysAtMost = Number.POSITIVE_INFINITY): Promise<ExpiryPlan> {
  const { ledger, attempt } = job;
  const { policy } = await allowedPolicy(ledger, job.policy);
  const { database, table, archive, zone } = policy;
  const { expire } = archive ?? {};
  const plan: ExpiryPlan = { expire, by: archive?.by ?? 'command', due: [], later: [] };
  const today = await serverToday(ledger.session, policy);
  const known = (await readExpiries(ledger.session, ledger.name, policy)).get(formatTableName(policy)) ?? [];
  for (const expiry of known) {
    if (expiry.doneAt !== null || plan.due.length >= daysAtMost) continue;
    attempt.signal.throwIfAborted();
    attempt.heartbeat({ phase: 'planning', day: expiry.day });
    const begun = expiry.begunAt !== null;
    // One that was begun is ended, whatever the policy says by now: half an archive is of no use.
    if (!begun && (archive === undefined || expire === undefined)) continue;
    const on = archive && expire !== undefined ? goesOn({ ...archive, expire }, expiry, zone) : today;
    const { day, rows, bytes } = expiry;
    const planned: PlannedExpiry = { day, rows, bytes, goesOn: on, begun, refused: null };
    if (!begun && on > today) plan.later.push(planned);
    else {
      const key = { database, table, day };
      plan.due.push({ ...planned, refused: await stopOf(() => requireExpired({ ...job, policy, key })) });
    }
  }
  return plan;
}
