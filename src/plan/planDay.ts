import { policyHash, type TablePolicy } from '../config/policy.ts';
import { type Attempt, Stopped } from '../job/attempt.ts';
import { openTable } from '../job/openTable.ts';
import type { Source } from '../job/source.ts';
import { serverToday } from '../job/tableTime.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { addDays, type Day, dayOf, daysBetween, parseDay, subtractDuration } from '../model/day.ts';
import { settleLeftExchanges } from '../native/settleExchanges.ts';
import { beginningOf, missingOf, type PlanPage, planPage, requireDay, type TablePlan } from './planPage.ts';

export interface PlanInput {
  /** The schedule's nominal time, ISO 8601 UTC; absent where a day is named. */
  scheduledTime?: string | undefined;
  /** When the run really started, ISO 8601 UTC. */
  startedAt: string;
  day?: string | undefined;
  /** The last table of the page before. */
  after?: string | undefined;
}

const dayMillis = 24 * 3600 * 1000;
/** A run fills at most so many days of a table; the next one goes on. */
const daysAtOnce = 400;
/** An exchange that began longer ago than two slices take was left by an attempt that died. */
const leftSeconds = 15 * 60;

/** Decides what a daily run does: only a timely run fills gaps and starts purges, a backfill archives its own day and no other. */
export async function planDay(source: Source, input: PlanInput, attempt: Attempt): Promise<PlanPage> {
  const late = input.scheduledTime ? Date.parse(input.startedAt) - Date.parse(input.scheduledTime) : 0;
  requireDay(input.day, input.scheduledTime);
  if (late < -60_000)
    throw new Stopped(`scheduled for ${input.scheduledTime}, which is yet to come: no future day is archived`);
  const named = input.day === undefined ? undefined : parseDay(input.day);
  const timely = named === undefined && late < dayMillis;
  return planPage(source, source.config.tables, input.after, attempt, (ledger, policy) => {
    const day = named ?? addDays(dayOf(String(input.scheduledTime), policy.zone), -1);
    return planTable(ledger, policy, day, timely);
  });
}

async function planTable(
  ledger: Ledger,
  policy: TablePolicy,
  day: Day,
  timely: boolean,
): Promise<Omit<TablePlan, 'table'>> {
  // A purge that is at work settles its own within a slice; what is older was left by one that nobody goes on with.
  await settleLeftExchanges(ledger, policy, leftSeconds);
  await openTable(ledger.session, policy);
  const today = await serverToday(ledger.session, policy);
  if (day >= today) return { days: [], refused: `${day} isn't over yet in ${policy.zone}` };
  if (!timely) return { days: [{ from: day, to: day }] };
  const { first = day, earlier } = await beginningOf(ledger, policy);
  const { days } = await missingOf(ledger, policy, [...earlier, ...daysBetween(first, day)], {
    atMost: daysAtOnce,
    own: day,
  });
  if (policy.purge !== 'enabled') return { days };
  return { days, cutoff: subtractDuration(today, policy.retention), policyHash: policyHash(policy) };
}
