import type { Day } from '../../model/day.ts';
import { daysOf, toRanges } from '../../model/dayRange.ts';
import type { TablePlan } from '../../plan/planPage.ts';
import { notePlan, relistFailure, trimOutcome } from './outcome.ts';
import type { RunOptions, RunState } from './runState.ts';

/** How many tables' postponed days continue-as-new can carry. Those of further tables are left to the next run. */
const laterAtMost = 200;

/** Fetches a run's plans page by page, hands them out, and takes back what couldn't be done yet. */
export class PlanFeed {
  #fetching: Promise<void> | undefined;

  constructor(
    readonly state: RunState,
    readonly options: RunOptions,
    readonly stopping: () => boolean,
  ) {}

  /** The next table's plan; undefined if there is none, or the run stops. */
  async take(): Promise<TablePlan | undefined> {
    const { state } = this;
    while (!this.stopping()) {
      const plan = state.waiting.shift() ?? (state.planned ? this.#takeLater() : undefined);
      if (plan || state.planned) return plan;
      this.#fetching ??= this.#fetchPage();
      await this.#fetching;
    }
    return undefined;
  }

  /** Takes days back because the run stops before them: the run that continues it begins with them. */
  giveBack(plan: TablePlan, days: readonly Day[]): void {
    this.state.waiting.unshift({ ...plan, days: toRanges(days) });
  }

  /** Takes days back because the table failed or takes long: they come after those of all other tables. */
  postpone(table: string, days: readonly Day[]): void {
    if (days.length > 0 && this.state.later.length < laterAtMost)
      this.state.later.push({ table, days: toRanges(days) });
  }

  isEmpty(): boolean {
    const { planned, waiting, later } = this.state;
    return planned && waiting.length === 0 && later.length === 0;
  }

  #takeLater(): TablePlan | undefined {
    const { later, outcome } = this.state;
    const plan = later.shift();
    if (!plan?.failed || outcome.tables[plan.table]) return plan;
    this.#makeRoom(1);
    relistFailure(outcome, plan.table, plan.failed);
    return plan;
  }

  /** Postponed tables keep their failure, so that each counts once even if it leaves the list before it fails again. */
  #makeRoom(tables: number): void {
    const { outcome, later } = this.state;
    for (const plan of later) plan.failed = outcome.tables[plan.table]?.failed ?? plan.failed;
    trimOutcome(outcome, tables);
  }

  async #fetchPage(): Promise<void> {
    const { outcome, waiting } = this.state;
    const page = await this.options.nextPage(this.state.after);
    this.#makeRoom(page.tables.length);
    for (const plan of page.tables) notePlan(outcome, plan, daysOf(plan.days).length);
    // There is nothing to do for a refused table, and the outcome has its reason already.
    waiting.push(...page.tables.filter((plan) => !plan.refused && !plan.failed));
    this.state.searchAttributes = page.searchAttributes;
    this.state.planned = page.after === undefined;
    if (page.after !== undefined) this.state.after = page.after;
    this.#fetching = undefined;
  }
}
