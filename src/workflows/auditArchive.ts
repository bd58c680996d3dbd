import { ApplicationFailure, continueAsNew, setCurrentDetails, setHandler, workflowInfo } from '@temporalio/workflow';
import { sourceActivities, type Timeouts } from './activities.ts';
import { type AuditOutcome, auditInWords, auditTable, noteRead, noteUnread, startAudit } from './audit/outcome.ts';
import { checkInput } from './invalidInput.ts';
import { reasonOf } from './reasonOf.ts';
import { auditProgress } from './run/runProgress.ts';
import { attributeWriter } from './searchAttributes.ts';

export interface AuditArchiveInput {
  source: string;
  /** `db.table`; left out: every table of the config. */
  tables?: readonly string[];
  /** Days per table, the longest unread first; 7 if it is left out. */
  daysATable?: number;
  /** Only this day of the tables. */
  day?: string;
  /** Whether it looks at the tables' folders, their bucket and their catalogue too; the schedule asks for it. */
  folders?: boolean;
  /** Whether it deletes what has expired, where the policies let the audit do it; the schedule asks for it. */
  expire?: boolean;
  /** Days that are read at once; 2 if it is left out. */
  concurrency?: number;
  timeouts?: Timeouts;
  /** Carried through continue-as-new, never given by hand. */
  carried?: Carried;
}

interface Carried {
  outcome: AuditOutcome;
  waiting: { table: string; day: string }[];
  planned: boolean;
  /** Where the next page begins. */
  after?: string;
  searchAttributes?: boolean;
}

export interface AuditArchiveResult extends AuditOutcome {
  /** The outcome in words. */
  summary: string;
}

const fields = {
  source: 'source',
  tables: 'tables?',
  daysATable: 'days?',
  day: 'day?',
  folders: 'flag?',
  expire: 'flag?',
  concurrency: 'concurrency?',
  timeouts: 'timeouts?',
  carried: 'any?',
} as const;
const example = '{"source": "bank-primary", "tables": ["shop.orders"], "daysATable": 7}';

/** Reads archived days back from S3, and changes nothing but what has expired. It fails if something is damaged, so that a list of runs shows it. */
export async function auditArchive(input: AuditArchiveInput): Promise<AuditArchiveResult> {
  checkInput(input, fields, example);
  const { planning, auditing } = sourceActivities(input.source, input.timeouts);
  const state: Carried = input.carried ?? { outcome: startAudit(), waiting: [], planned: false };
  const { outcome } = state;
  const writeAttributes = attributeWriter(true);
  setHandler(auditProgress, () => outcome, { description: 'What the audit has read and found so far' });
  const show = (phase: string) => {
    if (state.searchAttributes) writeAttributes({ phase });
    setCurrentDetails(auditTable(outcome));
  };
  let fetching: Promise<void> | undefined;
  const fetchPage = async () => {
    const { tables, day, daysATable = 7 } = input;
    const page = await planning.planAudit({ tables, day, daysATable, after: state.after });
    for (const { table, days } of page.tables) state.waiting.push(...days.map((each) => ({ table, day: each })));
    state.searchAttributes = page.searchAttributes;
    state.planned = page.after === undefined;
    if (page.after !== undefined) state.after = page.after;
    fetching = undefined;
    show('auditing');
  };
  const next = async () => {
    while (!workflowInfo().continueAsNewSuggested) {
      const found = state.waiting.shift();
      if (found || state.planned) return found;
      fetching ??= fetchPage();
      await fetching;
    }
    return undefined;
  };
  const work = async () => {
    for (let page = await next(); page; page = await next()) {
      const { table, day } = page;
      // A table that couldn't be read once is left to the next audit.
      if (table in outcome.failed) continue;
      try {
        const summary = `${table} ${day}, read back`;
        noteRead(outcome, `${table} ${day}`, await auditing.auditPartition.executeWithOptions({ summary }, [page]));
      } catch (error) {
        noteUnread(outcome, table, `${day}: ${reasonOf(error)}`);
      }
      show('auditing');
    }
  };
  await Promise.all(Array.from({ length: input.concurrency ?? 2 }, work));
  if (!state.planned || state.waiting.length > 0)
    await continueAsNew<typeof auditArchive>({ ...input, carried: state });
  if (input.folders) {
    const summary = 'looking at folders, bucket and catalogue';
    outcome.foldersWrong = await auditing.auditFolders.executeWithOptions({ summary }, [{ tables: input.tables }]);
  }
  if (input.expire) {
    const summary = 'deleting what has expired';
    outcome.expired = await auditing.expireArchive.executeWithOptions({ summary }, [{ tables: input.tables }]);
  }
  const result = { summary: auditInWords(outcome), ...outcome };
  const damaged = outcome.daysDamaged > 0 || Object.keys(outcome.foldersWrong ?? {}).length > 0;
  show(damaged ? 'damaged' : 'audited');
  if (damaged) throw ApplicationFailure.nonRetryable(result.summary, 'ArchiveDamaged', result);
  if (outcome.tablesFailed > 0) throw ApplicationFailure.nonRetryable(result.summary, 'AuditIncomplete', result);
  return result;
}
