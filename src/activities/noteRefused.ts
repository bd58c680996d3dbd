import { log } from '@temporalio/activity';
import { Held } from '../job/attempt.ts';
import { refusalOf } from '../job/refusalOf.ts';
import type { Source } from '../job/source.ts';
import { judge } from '../job/verdict.ts';
import { Fenced, type Ledger } from '../ledger/ledger.ts';
import { dropRefusal, type RefusedWork, recordRefusal } from '../ledger/refusals.ts';
import type { Day } from '../model/day.ts';
import { messageOf } from '../model/error.ts';
import { parseTableName, type TableName } from '../model/tableName.ts';
import { identifier } from '../mysql/quote.ts';
import { tableAndDayOf } from './tableAndDay.ts';

/** The activities whose refusal keeps a table from its work. */
const works: Readonly<Record<string, RefusedWork>> = {
  exportPartition: 'archive',
  verifyPartition: 'archive',
  commitManifest: 'archive',
  purgeSlice: 'purge',
  healPartition: 'purge',
};
/** Those whose success says that nothing refuses the work any more. */
const ends = ['commitManifest', 'purgeSlice', 'healPartition'];
/** Those that have opened the table by the checks of a run: what the last plan refused is mended since. */
const opens = ['exportPartition', ...ends];

interface Subject {
  work: RefusedWork;
  table: TableName;
  day: Day | null;
}

/** Keeps in the ledger why an activity can't go on, where no retry mends it: its workflow ends, and `status` has to know. */
export async function noteRefused(source: Source, type: string, input: unknown, error: unknown): Promise<void> {
  if (!(error instanceof Error) || error instanceof Held || error instanceof Fenced) return;
  if (judge(error).verdict === 'retry') return;
  await withSubject(source, type, input, async (ledger, subject) => {
    if (subject.work === 'purge' && (await isStopped(ledger, subject.table))) return;
    await recordRefusal(ledger, subject.table, refusalOf(subject.work, subject.day, error));
  });
}

export async function noteDone(source: Source, type: string, input: unknown): Promise<void> {
  if (!opens.includes(type)) return;
  await withSubject(source, type, input, async (ledger, subject) => {
    await dropRefusal(ledger, subject.table, { work: 'plan', day: null });
    if (ends.includes(type)) await dropRefusal(ledger, subject.table, subject);
  });
}

/** Never throws: what an activity came to doesn't change by what is noted of it. */
async function withSubject(
  source: Source,
  type: string,
  input: unknown,
  work: (ledger: Ledger, subject: Subject) => Promise<void>,
): Promise<void> {
  try {
    const subject = subjectOf(type, input);
    if (subject) await source.withLedger((ledger) => work(ledger, subject));
  } catch (error) {
    log.warn('the ledger keeps no note of what refused the work', { error: messageOf(error) });
  }
}

function subjectOf(type: string, input: unknown): Subject | undefined {
  const work = works[type];
  const { table, day } = tableAndDayOf(input);
  if (!work || table === undefined) return undefined;
  // A purge takes its days in turn: what refuses it refuses the table's.
  const own = work === 'archive' && day !== undefined ? (day as Day) : null;
  return { work, table: parseTableName(table), day: own };
}

/** Whether a day of the table has its stop in its own row. */
async function isStopped(ledger: Ledger, { database, table }: TableName): Promise<boolean> {
  const found = await ledger.session.rows(
    `SELECT 1 FROM ${identifier(ledger.name)}.partitions WHERE database_name = ? AND table_name = ? AND stopped IS NOT NULL LIMIT 1`,
    [database, table],
  );
  return found.length > 0;
}
