import type { Day } from '../../model/day.ts';
import { daysOf } from '../../model/dayRange.ts';
import type { TablePlan } from '../../plan/planPage.ts';
import type { PlanFeed } from './planFeed.ts';

/** What a table's run needs of the run that it is a part of. */
export interface TableWork {
  readonly feed: PlanFeed;
  stopping(): boolean;
  /** @returns whether the table's next day may follow at once */
  archiveDay(table: string, day: Day): Promise<boolean>;
  afterTable(plan: TablePlan): Promise<void>;
}

/** One table's planned days, archived one after the other. */
export class TableRun {
  /** Days that aren't begun. */
  readonly #days: Day[];

  constructor(
    readonly plan: TablePlan,
    readonly work: TableWork,
  ) {
    this.#days = daysOf(plan.days);
  }

  async run(): Promise<void> {
    const { plan, work } = this;
    for (let day = this.#days.shift(); day; day = this.#days.shift()) {
      if (work.stopping()) {
        work.feed.giveBack(plan, [day, ...this.#days]);
        return;
      }
      if (!(await work.archiveDay(plan.table, day))) this.stopAfterCurrentDay();
    }
    await work.afterTable(plan);
  }

  /** Postpones its further days: they come after those of all other tables. */
  stopAfterCurrentDay(): void {
    this.work.feed.postpone(this.plan.table, this.#days.splice(0));
  }
}
