import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  CancellationScope,
  condition,
  executeChild,
  isCancellation,
  setCurrentDetails,
  workflowInfo,
} from '@temporalio/workflow';
import type { Day } from '../../model/day.ts';
import { daysOf } from '../../model/dayRange.ts';
import type { TablePlan } from '../../plan/planPage.ts';
import { resolveTimeouts } from '../activities.ts';
import { archiveTable } from '../archiveTable.ts';
import { outcomeTable } from '../details.ts';
import { failureText } from '../failureText.ts';
import { archiveId } from '../ids.ts';
import { noteArchived, noteElsewhere, noteFailure } from './outcome.ts';
import { PlanFeed } from './planFeed.ts';
import { RunClock } from './runClock.ts';
import type { InHand, RunEnd, RunOptions, RunState } from './runState.ts';

/** Archives a plan's days, page after page, so many tables at once; one table's failure is that table's. */
export class ArchiveRun {
  /** Days being archived. */
  readonly #inHand = new Set<InHand>();
  readonly #feed: PlanFeed;
  #turns = 0;
  readonly #clock: RunClock;
  #failure: { error: unknown } | undefined;

  constructor(
    readonly state: RunState,
    readonly options: RunOptions,
  ) {
    this.#clock = new RunClock(options.closeAt, resolveTimeouts(options.timeouts).patienceMillis);
    this.#feed = new PlanFeed(state, options, () => this.#stopping());
  }

  async run(): Promise<RunEnd> {
    let idle = 0;
    const places = Array.from({ length: this.options.concurrency }, () => this.#place().finally(() => idle++));
    for (const place of places) place.catch((error) => this.#fail(error));
    const long = () => workflowInfo().continueAsNewSuggested;
    try {
      await condition(
        () => this.#clock.closing || !!this.#failure || (idle === places.length && (this.#turns === 0 || long())),
      );
    } catch (cancelled) {
      // The days in hand are being cancelled too; they are waited for.
      const { patienceMillis } = resolveTimeouts(this.options.timeouts);
      await CancellationScope.nonCancellable(() => condition(() => this.#turns === 0, patienceMillis));
      throw cancelled;
    }
    if (this.#failure) throw this.#failure.error;
    const inHand = [...this.#inHand];
    if (this.#clock.closing) return { how: 'closing', inHand };
    if (this.#feed.isEmpty() && this.#turns === 0) return { how: 'done', inHand };
    // What has outlasted the patience goes on by itself: its end is its own, and the next plan sees it.
    for (const { table, day } of inHand) noteElsewhere(this.state.outcome, table, day);
    return { how: 'continue', inHand };
  }

  show(): void {
    const { outcome } = this.state;
    setCurrentDetails(
      outcomeTable(`${outcome.archivedDays} days archived, ${outcome.rows} rows`, outcome, [...this.#inHand]),
    );
  }

  /** One of the places at the table: takes plan after plan until there is none, or the run stops. */
  async #place(): Promise<void> {
    for (let plan = await this.#feed.take(); plan; plan = await this.#feed.take()) {
      const { table } = plan;
      const days = daysOf(plan.days);
      const since = this.#clock.ticks;
      let over = false;
      this.#turns++;
      this.#turn(plan, days)
        .catch((error) => this.#fail(error))
        .finally(() => {
          over = true;
          this.#turns--;
        });
      // What is retried for hours takes no place from the others (P82): two ticks are the patience.
      await condition(() => over || this.#clock.ticks - since >= 2);
      if (!over) this.#feed.postpone(table, days.splice(0));
    }
  }

  async #turn(plan: TablePlan, days: Day[]): Promise<void> {
    for (let day = days.shift(); day; day = days.shift()) {
      if (this.#stopping()) {
        this.#feed.giveBack(plan, [day, ...days]);
        return;
      }
      if (await this.#archiveDay(plan.table, day)) continue;
      this.#feed.postpone(plan.table, days.splice(0));
    }
    await this.options.afterTable?.(plan);
  }

  /** Whether the table's next day may follow at once. */
  async #archiveDay(table: string, day: Day): Promise<boolean> {
    const { outcome } = this.state;
    const inHand = { table, day };
    this.#inHand.add(inHand);
    this.show();
    try {
      const { rows, alreadyArchived } = await startArchive(this.options, this.state.searchAttributes, table, day);
      noteArchived(outcome, table, rows, alreadyArchived);
      return true;
    } catch (error) {
      if (isCancellation(error) && CancellationScope.current().consideredCancelled) throw error;
      // Neither done nor failed: another run has it in hand.
      const elsewhere = error instanceof WorkflowExecutionAlreadyStartedError;
      if (elsewhere) noteElsewhere(outcome, table, day);
      else noteFailure(outcome, table, `${day}: ${failureText(error)}`);
      return elsewhere;
    } finally {
      this.#inHand.delete(inHand);
      this.show();
    }
  }

  #stopping(): boolean {
    return this.#clock.closing || this.#failure !== undefined || workflowInfo().continueAsNewSuggested;
  }

  #fail(error: unknown): void {
    this.#failure ??= { error };
  }
}

/** Throws where the day is in hand already, or what it failed by. */
function startArchive(options: RunOptions, searchAttributes: boolean, table: string, day: Day) {
  const { source, timeouts } = options;
  return executeChild(archiveTable, {
    workflowId: archiveId(source, table, day),
    args: [{ source, table, day, searchAttributes, ...(timeouts ? { timeouts } : {}) }],
    // A run that closes, or goes on as new, leaves what is under way to its own end.
    parentClosePolicy: 'ABANDON',
    staticSummary: `archive ${table} ${day}`,
  });
}
