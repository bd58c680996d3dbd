import { randomInt } from 'node:crypto';
import type { TablePolicy } from '../config/policy.ts';
import { Stopped } from '../job/attempt.ts';
import type { SourceJob } from '../job/job.ts';
import type { Day } from '../model/day.ts';
import { isArchived } from '../model/partitionState.ts';
import { formatTableName, tableArgument } from '../model/tableName.ts';

/** A day of a table that is to be restored, and where to. */
export interface PlannedDrill {
  table: string;
  day: Day;
  /** `db.table` */
  target: string;
}

export interface DrillPlan {
  drills: PlannedDrill[];
  /** Tables without a day that can be drilled. */
  without: string[];
}

export interface DrillWanted {
  policies: readonly TablePolicy[];
  /** The schema that the tables are made in. */
  schema: string;
  /** Left out: one by chance. */
  day?: Day | undefined;
  /** Larger days aren't chosen. */
  rowsAtMost: number;
}

/** @throws Stopped where the wanted day has no archive */
export async function planDrill({ source }: SourceJob, wanted: DrillWanted): Promise<DrillPlan> {
  const { policies, schema, day, rowsAtMost } = wanted;
  const plan: DrillPlan = { drills: [], without: [] };
  await source.withLedger(async (ledger) => {
    for (const policy of policies) {
      const table = formatTableName(policy);
      const days = (await ledger.days(policy.database, policy.table)).filter(
        (each) => isArchived(each.state) && (day === undefined ? each.rowsArchived <= rowsAtMost : each.day === day),
      );
      if (day !== undefined && days.length === 0)
        throw new Stopped(
          `${table} has no archive of ${day}. See which days it has: sediment status ${tableArgument(policy)}`,
        );
      const chosen = days.length === 0 ? undefined : days[randomInt(days.length)];
      if (!chosen) plan.without.push(table);
      else plan.drills.push({ table, day: chosen.day, target: targetName(schema, policy, chosen.day) });
    }
  });
  return plan;
}

const longestName = 64;

function targetName(schema: string, { database, table }: TablePolicy, day: Day): string {
  const suffix = `_drill_${day.replaceAll('-', '')}`;
  const base = [...`${database}_${table}`].slice(0, longestName - suffix.length).join('');
  return formatTableName({ database: schema, table: `${base}${suffix}` });
}
