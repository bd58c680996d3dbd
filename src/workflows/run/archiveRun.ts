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
import type { TablePlan } from '../../plan/planPage.ts';
import { resolveTimeouts } from '../activities.ts';
import { archiveTable } from '../archiveTable.ts';
import { headline, outcomeTable } from '../details.ts';
import { failureText } from '../failureText.ts';
import { archiveId } from '../ids.ts';
import { noteArchived, noteElsewhere, noteFailure } from './outcome.ts';
import { PlanFeed } from './planFeed.ts';
import { RunClock } from './runClock.ts';
import type { InHand, RunEnd, RunOptions, RunState } from './runState.ts';
import { Semaphore } from './semaphore.ts';
import { TableRun } from './tableRun.ts';

/** Archives a plan's days, page after page, `concurrency` tables at once. A table that fails doesn't stop the others. */
export class ArchiveRun {
  /** Tables that aren't done, with a slot or past their patience. */
  readonly #tables = new Set<TableRun>();
  readonly #inHand = new Set<InHand>();
  readonly #feed: PlanFeed;
  readonly #slots: Semaphore;
  readonly #clock: RunClock;
  #failure: { error: unknown } | undefined;

  constructor(
    readonly state: RunState,
    readonly options: RunOptions,
  ) {
    this.#clock = new RunClock(options.closeAt, resolveTimeouts(options.timeouts).patienceMillis);
    this.#feed = new PlanFeed(state, options, () => this.#stopping());
    this.#slots = new Semaphore(options.concurrency);
  }

  async run(): Promise<RunEnd> {
    let idle = false;
    this.#fillSlots()
      .then(() => {
        idle = true;
      })
      .catch((error) => this.#fail(error));
    const long = () => workflowInfo().continueAsNewSuggested;
    try {
      await condition(() => this.#clock.closing || !!this.#failure || (idle && (this.#tables.size === 0 || long())));
    } catch (cancelled) {
      // The children are being cancelled too: wait until they have ended.
      const { patienceMillis } = resolveTimeouts(this.options.timeouts);
      await CancellationScope.nonCancellable(() => condition(() => this.#tables.size === 0, patienceMillis));
      throw cancelled;
    }
    if (this.#failure) throw this.#failure.error;
    // A run in which every table was refused has archived no day, and says so all the same.
    this.show();
    const inHand = [...this.#inHand];
    if (this.#clock.closing) return { how: 'closing', inHand };
    if (this.#feed.isEmpty() && this.#tables.size === 0) return { how: 'done', inHand };
    // A day that has outlasted the patience goes on by itself; the next plan sees how it ended.
    for (const { table, day } of inHand) noteElsewhere(this.state.outcome, table, day);
    return { how: 'continue', inHand };
  }

  show(): void {
    const { outcome } = this.state;
    setCurrentDetails(outcomeTable(headline(outcome), outcome, [...this.#inHand]));
  }

  /** Starts the next table whenever a slot is free; returns when none is left, or the run stops, and all slots are free. */
  async #fillSlots(): Promise<void> {
    const allFree = () => this.#slots.free === this.options.concurrency;
    while (!this.#stopping()) {
      await this.#slots.acquire();
      const plan = await this.#feed.take();
      if (plan) {
        this.#runTable(plan)
          .catch((error) => this.#fail(error))
          .finally(() => this.#slots.release());
        continue;
      }
      this.#slots.release();
      if (allFree()) return;
      // A table that has a slot may yet postpone its further days.
      const { free } = this.#slots;
      await condition(() => this.#slots.free > free || this.#stopping());
    }
    await condition(allFree);
  }

  /** Returns when the table's days are done, or it has had its slot for as long as the patience lasts. */
  async #runTable(plan: TablePlan): Promise<void> {
    const table = new TableRun(plan, {
      feed: this.#feed,
      stopping: () => this.#stopping(),
      archiveDay: (name, day) => this.#archiveDay(name, day),
      afterTable: async (done) => this.options.afterTable?.(done),
    });
    const since = this.#clock.ticks;
    this.#tables.add(table);
    table
      .run()
      .catch((error) => this.#fail(error))
      .finally(() => this.#tables.delete(table));
    // Two ticks are the patience (pitfall P82: a table that is retried for hours kept its slot from the others).
    await condition(() => !this.#tables.has(table) || this.#clock.ticks - since >= 2);
    if (this.#tables.has(table)) table.stopAfterCurrentDay();
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
      // Another run archives this day now, so it is neither done nor failed.
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

/** @throws WorkflowExecutionAlreadyStartedError if another run is archiving the day, or what the day failed by */
function startArchive(options: RunOptions, searchAttributes: boolean, table: string, day: Day) {
  const { source, timeouts } = options;
  return executeChild(archiveTable, {
    workflowId: archiveId(source, table, day),
    args: [{ source, table, day, searchAttributes, timeouts }],
    // A run that closes or continues as new doesn't end the days that are being archived.
    parentClosePolicy: 'ABANDON',
    staticSummary: `archive ${table} ${day}`,
  });
}
