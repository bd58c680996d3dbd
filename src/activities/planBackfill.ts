import { policiesOf } from '../config/policy.ts';
import type { Attempt } from '../job/attempt.ts';
import type { Source } from '../job/source.ts';
import { parseDay } from '../model/day.ts';
import type { PlanPage } from '../plan/planPage.ts';
import { planRange } from '../plan/planRange.ts';

export interface BackfillPlanInput {
  /** `YYYY-MM-DD` */
  from: string;
  /** `YYYY-MM-DD`, included. */
  to: string;
  /** Only these, as `db.table`; left out: all tables of the config. */
  tables?: readonly string[] | undefined;
  /** The last table of the page before. */
  after?: string | undefined;
}

/** If a table isn't in the config, the whole backfill is refused. @throws UnknownTable, InvalidDay, Stopped */
export async function planBackfill(source: Source, input: BackfillPlanInput, attempt: Attempt): Promise<PlanPage> {
  const named = policiesOf(source.config, input.tables);
  const range = { from: parseDay(input.from), to: parseDay(input.to), policies: [...new Set(named)] };
  return planRange({ source, attempt }, range, input.after);
}
