import { openRecorded } from '../checks/openTable.ts';
import type { Config } from '../config/load.ts';
import type { TablePolicy } from '../config/policy.ts';
import type { SourceJob } from '../job/job.ts';
import { refusalOf } from '../job/refusalOf.ts';
import { type DatedTable, firstDenseDay, oldestDay, windowOf } from '../job/tableTime.ts';
import { judge } from '../job/verdict.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { dropRefusal, recordRefusal } from '../ledger/refusals.ts';
import { type Day, parseDay } from '../model/day.ts';
import { type DayRange, toRanges } from '../model/dayRange.ts';
import { wasArchived } from '../model/partitionState.ts';
import { formatTableName } from '../model/tableName.ts';
import { TableRefused } from '../mysql/schema/tableSchema.ts';

/** What a run does with one table. */
export interface TablePlan {
  /** `db.table`, dotted parts in backticks. */
  table: string;
  /** Closed days to archive: the run’s own day first, then the others, oldest first. */
  days: DayRange[];
  /** Days of the range that a verified manifest covers already. */
  alreadyArchived?: number;
  /** Days before it are purged. Present only if this run starts the purge. */
  cutoff?: Day;
  /** Hash of the policy that the plan was made from. */
  policyHash?: string;
  /** Why a safety rule leaves the table out. */
  refused?: string;
  /** Why the table couldn't be planned. */
  failed?: string;
}

/** Tables in the order of their names. `after` is where the next page begins; the last page has none. */
export interface PlanPage {
  tables: TablePlan[];
  after?: string;
}

/** A page and its results stay below 100 KB, and so do the events that it makes. */
const tablesAPage = 200;
const rangesAPage = 1_000;
const reasonLength = 300;

/** Plans the tables whose names come after the given one. A table that can't be planned doesn't keep the others from it. */
export async function planPage(
  { source, attempt }: SourceJob,
  policies: readonly TablePolicy[],
  after: string | undefined,
  planTable: (ledger: Ledger, policy: TablePolicy) => Promise<Omit<TablePlan, 'table'>>,
): Promise<PlanPage> {
  const named = policies.map((policy) => ({ table: formatTableName(policy), policy }));
  const due = named
    .filter(({ table }) => after === undefined || table > after)
    .sort((one, other) => (one.table < other.table ? -1 : 1));
  return source.withLedger(async (ledger) => {
    const tables: TablePlan[] = [];
    let ranges = 0;
    for (const { table, policy } of due) {
      if (tables.length >= tablesAPage || ranges >= rangesAPage) return { tables, after: String(tables.at(-1)?.table) };
      attempt.signal.throwIfAborted();
      const plan = { table, ...(await isolated(ledger, policy, () => planTable(ledger, policy))) };
      if (plan.refused) attempt.report?.({ table }, { event: 'refused', reason: plan.refused });
      tables.push(plan);
      ranges += plan.days.length;
      attempt.heartbeat({ phase: 'planning', tables: tables.length });
    }
    return { tables };
  });
}

/** Plans one table. The ledger keeps why it is refused and since when, until a plan opens it again. */
async function isolated(
  ledger: Ledger,
  policy: TablePolicy,
  plan: () => Promise<Omit<TablePlan, 'table'>>,
): Promise<Omit<TablePlan, 'table'>> {
  try {
    const planned = await plan();
    await dropRefusal(ledger, policy, { work: 'plan', day: null });
    return planned;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    // If the connection still answers, the fault is the table's. A dead connection fails the activity, which is retried.
    if (!(error instanceof TableRefused)) await ledger.session.rows('SELECT 1');
    if (judge(error).verdict !== 'retry') await recordRefusal(ledger, policy, refusalOf('plan', null, error));
    if (error instanceof TableRefused) return { days: [], refused: error.reason.slice(0, reasonLength) };
    return { days: [], failed: error.message.slice(0, reasonLength) };
  }
}

/** Where a table's archive begins. */
export interface Beginning {
  /** The first day that is recorded, or will be; undefined if the table is empty. */
  first: Day | undefined;
  /** Earlier days that have rows, oldest first: the rows came late, and the policy names no first day. */
  earlier: Day[];
}

/** How many days before the first a run looks for. The next run continues. */
const earlierAtOnce = 400;

export async function beginningOf(ledger: Ledger, policy: TablePolicy, config: Config): Promise<Beginning> {
  const { schema, kind } = await openRecorded(ledger, policy, { config });
  const recorded = await ledger.readTable(policy.database, policy.table);
  return findBeginning({ session: ledger.session, policy, schema, kind }, recorded?.firstDay);
}

/**
 * The first day is the one that was recorded with the first export, or the policy's if that is earlier. If there is
 * neither, it is the first day of the table's last stretch without a gap.
 */
export async function findBeginning(table: DatedTable, recorded: string | undefined): Promise<Beginning> {
  const [named] = [recorded, table.policy.firstDay].filter((day) => day !== undefined).sort();
  const first = named === undefined ? await firstDenseDay(table) : parseDay(named);
  if (first === undefined) return { first, earlier: [] };
  return { first, earlier: await daysBefore(table, first) };
}

/** One index lookup per day with rows, because a row of long ago must not lead to archives of all the empty days since. */
async function daysBefore(table: DatedTable, first: Day): Promise<Day[]> {
  const { policy, kind } = table;
  const earlier: Day[] = [];
  if (policy.firstDay !== undefined) return earlier;
  let from: string | undefined;
  while (earlier.length < earlierAtOnce) {
    const day = await oldestDay(table, from);
    if (day === undefined || day >= first) break;
    earlier.push(day);
    from = windowOf(policy, kind, day).end;
  }
  return earlier;
}

export interface MissingDays {
  days: DayRange[];
  alreadyArchived: number;
}

/**
 * Those of the given days that no verified manifest covers, and how many others there are. With a bound, `own` comes
 * first, so that a run archives its own day however many gaps there are.
 */
export async function missingOf(
  ledger: Ledger,
  policy: TablePolicy,
  days: readonly Day[],
  bound?: { atMost: number; own: Day },
): Promise<MissingDays> {
  const known = await ledger.days(policy.database, policy.table);
  const archived = new Set(known.filter((each) => wasArchived(each.state)).map((each) => each.day));
  const missing = days.filter((each) => !archived.has(each));
  return {
    days: bound ? chooseDays(missing, bound) : toRanges(missing),
    alreadyArchived: days.length - missing.length,
  };
}

/** The run's own day first, then the oldest, `atMost` in all. */
export function chooseDays(missing: readonly Day[], { atMost, own }: { atMost: number; own: Day }): DayRange[] {
  const others = missing.filter((day) => day !== own);
  if (others.length === missing.length) return toRanges(missing.slice(0, atMost));
  return [{ from: own, to: own }, ...toRanges(others.slice(0, atMost - 1))];
}
