import type { PlanPage, TablePlan } from '../../plan/planPage.ts';
import type { Timeouts } from '../activities.ts';
import { type Outcome, startOutcome } from './outcome.ts';

/** What a run has done and has still to do, in JSON; continue-as-new carries it. */
export interface RunState {
  outcome: Outcome;
  /** Plans that aren't begun. */
  waiting: TablePlan[];
  /** Days of tables that failed on an earlier one, or took long: they come after all others. */
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
  /** Called when a table's days are done or have failed. */
  afterTable?(plan: TablePlan): Promise<void>;
}

export interface InHand {
  table: string;
  day: string;
}

export interface RunEnd {
  /** `continue`: the history is long, so the workflow must continue as new with the state. `closing`: the time is up. */
  how: 'done' | 'continue' | 'closing';
  /** Days that are still being archived; they go on by themselves. */
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
