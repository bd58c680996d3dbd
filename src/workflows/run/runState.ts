import type { PlanPage, TablePlan } from '../../plan/planPage.ts';
import type { Timeouts } from '../activities.ts';
import { type Outcome, startOutcome } from './outcome.ts';

/** A run's place in its plan, in JSON: continue-as-new carries it. */
export interface RunState {
  outcome: Outcome;
  /** Planned, and not yet begun. */
  waiting: TablePlan[];
  /** Further days of tables that failed on one, or took long: after all others. */
  later: TablePlan[];
  /** Where the next page begins. */
  after?: string;
  /** The last page has been taken. */
  planned: boolean;
  /** Whether the namespace knows Sediment's search attributes. */
  searchAttributes: boolean;
}

export interface RunOptions {
  source: string;
  /** Tables at once. */
  concurrency: number;
  timeouts?: Timeouts | undefined;
  /** Milliseconds since 1970 at which the run closes. */
  closeAt?: number;
  nextPage(after: string | undefined): Promise<PlanPage & { searchAttributes: boolean }>;
  /** After a table's turn, whatever came of it. */
  afterTable?(plan: TablePlan): Promise<void>;
}

export interface InHand {
  table: string;
  day: string;
}

export interface RunEnd {
  /** `continue`: the history is long, go on as new with the state. `closing`: the time is up. */
  how: 'done' | 'continue' | 'closing';
  /** What still runs; it goes on by itself. */
  inHand: readonly InHand[];
}

export function startRun(): RunState {
  return { outcome: startOutcome(), waiting: [], later: [], planned: false, searchAttributes: false };
}

/** What a run that closes leaves to the next one, in words. */
export function unfinishedOf(state: RunState, { inHand }: RunEnd): string[] {
  const running = inHand.map(({ table, day }) => `${table} ${day}: still running`);
  const left = [...state.waiting, ...state.later].map(({ table, days }) => `${table} ${days[0]?.from}: not begun`);
  const unplanned = state.planned ? [] : [`every table after ${state.after ?? 'none'}: not begun`];
  return [...running, ...left.slice(0, 100), ...unplanned];
}
