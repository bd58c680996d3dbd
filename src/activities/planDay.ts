import { addDays, type Day, dayOf, daysBetween, parseDay, subtractDuration } from '../archive/day.ts';
import { isArchived } from '../archive/partitionState.ts';
import { formatTableName } from '../archive/tableName.ts';
import type { TablePolicy } from '../config/policy.ts';
import type { Ledger } from '../mysql/ledger.ts';
import { TableRefused } from '../mysql/tableSchema.ts';
import { type Attempt, Stopped } from './attempt.ts';
import { oldestDay, openTable, type Source, serverToday } from './source.ts';

export interface PlanInput {
  /** The schedule's nominal time, ISO 8601 UTC; absent where a day is named. */
  scheduledTime?: string | undefined;
  /** When the run really started, ISO 8601 UTC. */
  startedAt: string;
  day?: string | undefined;
}

export interface TablePlan {
  table: string;
  /** Closed days to archive, oldest first. */
  days: Day[];
  /** Present where this run starts the purge: days before it go. */
  cutoff?: Day;
  /** Why the table is left out. */
  refused?: string;
}

const dayMillis = 24 * 3600 * 1000;
/** A run fills at most so many days of a table; the next one goes on. */
const daysAtOnce = 400;

/** Decides what a daily run does: only a timely run fills gaps and starts purges, a backfill archives its own day and no other. */
export async function planDay(source: Source, input: PlanInput, _attempt: Attempt): Promise<TablePlan[]> {
  const late = input.scheduledTime ? Date.parse(input.startedAt) - Date.parse(input.scheduledTime) : 0;
  if (!input.day && !input.scheduledTime)
    throw new Stopped('no schedule started this run and it names no day: give {"day": "2026-11-21"}');
  if (late < -60_000)
    throw new Stopped(`scheduled for ${input.scheduledTime}, which is yet to come: no future day is archived`);
  const timely = input.day === undefined && late < dayMillis;
  return source.withLedger(async (ledger) => {
    const plans: TablePlan[] = [];
    for (const policy of source.config.tables) plans.push(await planTable(ledger, policy, input, timely));
    return plans;
  });
}

async function planTable(ledger: Ledger, policy: TablePolicy, input: PlanInput, timely: boolean): Promise<TablePlan> {
  const table = formatTableName(policy);
  try {
    const { schema, kind } = await openTable(ledger.session, policy);
    const today = await serverToday(ledger.session, policy);
    const day = input.day ? parseDay(input.day) : addDays(dayOf(String(input.scheduledTime), policy.zone), -1);
    if (day >= today) return { table, days: [], refused: `${day} isn't over yet in ${policy.zone}` };
    if (!timely) return { table, days: [day] };
    const recorded = await ledger.readTable(policy.database, policy.table);
    const first =
      recorded?.firstDay ?? policy.firstDay ?? (await oldestDay(ledger.session, policy, schema, kind)) ?? day;
    const archived = new Set(
      (await ledger.days(policy.database, policy.table))
        .filter((each) => isArchived(each.state))
        .map((each) => each.day),
    );
    const days = daysBetween(parseDay(first), day)
      .filter((each) => !archived.has(each))
      .slice(0, daysAtOnce);
    const purge = policy.purge === 'enabled' ? { cutoff: subtractDuration(today, policy.retention) } : {};
    return { table, days, ...purge };
  } catch (error) {
    if (error instanceof TableRefused) return { table, days: [], refused: error.reason };
    throw error;
  }
}
