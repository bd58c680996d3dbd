import { policiesOf } from '../config/policy.ts';
import type { Attempt } from '../job/attempt.ts';
import type { Source } from '../job/source.ts';
import { parseDay } from '../model/day.ts';
import { type AuditPage, planAuditRun } from '../plan/planAuditRun.ts';

export interface AuditPlanInput {
  /** Only these, as `db.table`; left out: all tables of the config. */
  tables?: readonly string[] | undefined;
  /** Days per table. */
  daysATable: number;
  /** Only this day. */
  day?: string | undefined;
  /** The last table of the page before. */
  after?: string | undefined;
}

/** @throws UnknownTable, InvalidDay, Stopped if the requested day isn't archived */
export async function planAudit(source: Source, input: AuditPlanInput, attempt: Attempt): Promise<AuditPage> {
  const named = policiesOf(source.config, input.tables);
  const day = input.day === undefined ? undefined : parseDay(input.day);
  const run = { policies: [...new Set(named)], daysATable: input.daysATable, day };
  return planAuditRun({ source, attempt }, run, input.after);
}
