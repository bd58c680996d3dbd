import { findPolicy } from '../config/policy.ts';
import { type DrillPlan, planDrill as plan } from '../drill/planDrill.ts';
import type { Attempt } from '../job/attempt.ts';
import { Stopped } from '../job/attempt.ts';
import type { Source } from '../job/source.ts';
import { parseDay } from '../model/day.ts';

export interface DrillPlanInput {
  /** `db.table`; left out: every table of the config. */
  tables?: readonly string[] | undefined;
  /** Left out: one by chance. */
  day?: string | undefined;
  /** Left out: `drill.schema` of the config. */
  schema?: string | undefined;
}

const rowsByDefault = 10_000_000;

/** @throws UnknownTable, InvalidDay, Stopped */
export function planDrill(source: Source, input: DrillPlanInput, attempt: Attempt): Promise<DrillPlan> {
  const { drill, tables } = source.config;
  const schema = input.schema ?? drill?.schema;
  if (schema === undefined)
    throw new Stopped(
      'the config names no schema for drills: write drill: { schema: sediment_drill }, and CREATE DATABASE sediment_drill',
    );
  const policies = input.tables?.map((name) => findPolicy(source.config, name)) ?? tables;
  const day = input.day === undefined ? undefined : parseDay(input.day);
  return plan({ source, attempt }, { policies, schema, day, rowsAtMost: drill?.rowsAtMost ?? rowsByDefault });
}
