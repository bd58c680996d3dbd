import { ApplicationFailure, continueAsNew, setCurrentDetails, setHandler, workflowInfo } from '@temporalio/workflow';
import { sourceActivities, type Timeouts } from './activities.ts';
import { type DrillOutcome, drillInWords, noteDrilled, startDrill } from './drill/outcome.ts';
import { checkInput } from './invalidInput.ts';
import { reasonOf } from './reasonOf.ts';
import { drillProgress } from './run/runProgress.ts';

export interface DrillArchiveInput {
  source: string;
  /** `db.table`; left out: every table of the config. */
  tables?: readonly string[];
  /** Left out: one of each table, by chance. */
  day?: string;
  /** The schema that the days are loaded into; left out: `drill.schema` of the config. */
  schema?: string;
  timeouts?: Timeouts;
  /** Carried through continue-as-new, never given by hand. */
  carried?: { outcome: DrillOutcome; waiting: { table: string; day: string; target: string }[] };
}

export interface DrillArchiveResult extends DrillOutcome {
  /** The outcome in words. */
  summary: string;
}

const fields = {
  source: 'source',
  tables: 'tables?',
  day: 'day?',
  schema: 'text?',
  timeouts: 'timeouts?',
  carried: 'any?',
} as const;
const example = '{"source": "bank-primary", "tables": ["shop.orders"]}';

/** Restores a day of each table into a schema of its own, proves it, drops it and records it. One that can't be restored is that table's alone. */
export async function drillArchive(input: DrillArchiveInput): Promise<DrillArchiveResult> {
  checkInput(input, fields, example);
  const { source, tables, day, schema, timeouts } = input;
  const { planning, restoring } = sourceActivities(source, timeouts);
  let { carried } = input;
  if (!carried) {
    const plan = await planning.planDrill({ tables, day, schema });
    carried = { outcome: startDrill(plan.without), waiting: plan.drills };
  }
  const { outcome, waiting } = carried;
  setHandler(drillProgress, () => outcome, { description: 'What has been restored and proved so far' });
  while (waiting.length > 0 && !workflowInfo().continueAsNewSuggested) {
    const [planned] = waiting.splice(0, 1);
    if (!planned) break;
    const drill = { rows: 0, bytes: 0, seconds: 0, finding: null as string | null };
    try {
      const summary = `${planned.table} ${planned.day}, drill`;
      await restoring.prepareRestore({
        table: planned.table,
        from: planned.day,
        to: planned.day,
        into: planned.target,
        where: undefined,
      });
      Object.assign(drill, await restoring.restorePartition.executeWithOptions({ summary }, [planned]));
    } catch (error) {
      drill.finding = reasonOf(error);
    }
    await restoring.endDrill({ ...planned, drill });
    noteDrilled(outcome, planned, drill);
    setCurrentDetails(drillInWords(outcome));
  }
  if (waiting.length > 0) await continueAsNew<typeof drillArchive>({ ...input, carried });
  const result = { summary: drillInWords(outcome), ...outcome };
  setCurrentDetails(result.summary);
  if (outcome.tablesFailed > 0) throw ApplicationFailure.nonRetryable(result.summary, 'DrillFailed', result);
  return result;
}
