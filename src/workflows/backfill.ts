import { ApplicationFailure, continueAsNew, setHandler } from '@temporalio/workflow';
import { sourceActivities, type Timeouts } from './activities.ts';
import { checkInput, invalidInput } from './invalidInput.ts';
import { ArchiveRun } from './run/archiveRun.ts';
import { allFailed, type Outcome, type TableOutcome } from './run/outcome.ts';
import { runProgress } from './run/runProgress.ts';
import { type RunState, startRun } from './run/runState.ts';

export interface BackfillInput {
  source: string;
  /** `YYYY-MM-DD`, the first day. */
  from: string;
  /** `YYYY-MM-DD`, the last day, included. */
  to: string;
  /** `db.table`; left out: every table of the config. */
  tables?: readonly string[];
  /** Tables that are archived at once; 4 if it is left out. */
  concurrency?: number;
  timeouts?: Timeouts;
  /** Carried through continue-as-new, never given by hand. */
  carried?: RunState;
}

export interface BackfillResult {
  /** The outcome in words. */
  summary: string;
  archivedDays: number;
  alreadyArchived: number;
  rows: number;
  tablesFailed: number;
  tablesRefused: number;
  /** By table. If there are too many, tables with nothing to report are left out. */
  tables: Record<string, TableOutcome>;
}

const fields = {
  source: 'source',
  from: 'day',
  to: 'day',
  tables: 'tables?',
  concurrency: 'concurrency?',
  timeouts: 'timeouts?',
  carried: 'any?',
} as const;
const example = '{"source": "bank-primary", "from": "2026-10-01", "to": "2026-10-31", "tables": ["shop.orders"]}';

/** Archives a range of closed days and never purges. A second backfill of the same days finds nothing to do, and says so. */
export async function backfill(input: BackfillInput): Promise<BackfillResult> {
  checkInput(input, fields, example);
  const { source, from, to, tables, timeouts } = input;
  if (from > to) throw invalidInput(`from ${from} is after to ${to}: give the older day first`);
  const { planning } = sourceActivities(source, timeouts);
  const state = input.carried ?? startRun();
  setHandler(runProgress, () => state.outcome, { description: 'What has become of the backfill so far, by table' });
  const run = new ArchiveRun(state, {
    source,
    concurrency: input.concurrency ?? 4,
    timeouts,
    nextPage: (after) => planning.planBackfill({ from, to, tables, after }),
  });
  const end = await run.run();
  if (end.how === 'continue') await continueAsNew<typeof backfill>({ ...input, carried: state });
  const result = resultOf(state.outcome, `${from} to ${to}`);
  if (allFailed(state.outcome)) throw ApplicationFailure.nonRetryable(result.summary, 'EveryTableFailed', result);
  return result;
}

function resultOf(outcome: Outcome, range: string): BackfillResult {
  const { archivedDays, alreadyArchived, rows, tablesFailed, tablesRefused, tables } = outcome;
  const counts = { archivedDays, alreadyArchived, rows, tablesFailed, tablesRefused };
  return { summary: `${range}: ${inWords(outcome)}`, ...counts, tables };
}

function inWords(outcome: Outcome): string {
  const { archivedDays, alreadyArchived, rows, tablesFailed, tablesRefused } = outcome;
  const sentences = [];
  if (archivedDays > 0)
    sentences.push(`${archivedDays} days archived, ${rows} rows, ${alreadyArchived} archived already`);
  else if (alreadyArchived > 0) sentences.push(`nothing to do, ${alreadyArchived} days are archived already`);
  if (tablesFailed > 0) sentences.push(`${tablesFailed} tables failed`);
  if (tablesRefused > 0) sentences.push(`${tablesRefused} tables refused`);
  return sentences.length > 0 ? sentences.join('; ') : 'nothing to do';
}
