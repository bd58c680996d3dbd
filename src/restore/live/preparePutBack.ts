import { Temporal } from 'temporal-polyfill';
import type { Manifest } from '../../archive/manifest.ts';
import { InvalidFilter, rowTest } from '../../archive/rowFilter.ts';
import { schemaChange } from '../../archive/schemaChange.ts';
import { requireRecorded } from '../../checks/openTable.ts';
import { Stopped } from '../../job/attempt.ts';
import type { TableJob } from '../../job/job.ts';
import { beginPutBack, readPutBack } from '../../ledger/putBacks.ts';
import { type Day, daysBetween, undatedDay } from '../../model/day.ts';
import { parseDuration } from '../../model/duration.ts';
import { isArchived, type PartitionState } from '../../model/partitionState.ts';
import { formatTableName, tableArgument } from '../../model/tableName.ts';
import { serverNow } from '../../mysql/clock.ts';
import { predicate } from '../../mysql/predicate.ts';
import { indexedTable, type TableSchema } from '../../mysql/schema/tableSchema.ts';
import { dayManifest } from '../../partition/dayManifest.ts';
import type { PreparedRestore } from '../prepareRestore.ts';
import { columnsOf } from '../scratchTable.ts';
import { openLive } from './openLive.ts';

/** Which days, and for how long the purge leaves them alone. */
export interface PutBackRequest {
  from: Day;
  /** Included. */
  to: Day;
  where?: string | undefined;
  /** ISO 8601, P30D. */
  keepFor: string;
  who: string;
  reason: string;
  /** Of the run: it begins with each day once. */
  request: string;
}

/** A day that would be put back. */
export interface PutBackDay {
  day: Day;
  state: PartitionState;
  rows: number;
  bytes: number;
  revision: number;
  /** Rows that the table has of that day now. */
  rowsThere: number;
}

/** A restore into the live table whose days are kept from the purge. */
export interface PreparedPutBack extends PreparedRestore {
  /** ISO 8601, UTC. */
  until: string;
}

export interface PutBackPlan {
  days: PutBackDay[];
  missing: Day[];
  /** ISO 8601, UTC. */
  until: string;
  /** What a person should know of rows of these days. */
  notes: string[];
}

/** Reads what would be put back. Changes nothing. @throws Stopped */
export async function planPutBack(
  job: TableJob,
  { from, to, where, keepFor }: Pick<PutBackRequest, 'from' | 'to' | 'where' | 'keepFor'>,
): Promise<PutBackPlan> {
  const { source, ledger, policy, attempt } = job;
  await requireRecorded(ledger, policy, source.config);
  const table = formatTableName(policy);
  if (from > to) throw new Stopped(`from ${from} is after to ${to}: give the older day first`);
  if (from === undatedDay)
    throw new Stopped(
      `${table}: rows without a day are never purged. Restore them into a table of their own, without --live`,
    );
  const schema = await openLive(job);
  const known = (await ledger.days(policy.database, policy.table)).filter(
    ({ day, state }) => day >= from && day <= to && isArchived(state),
  );
  if (known.length === 0)
    throw new Stopped(
      `${table} has no archived day from ${from} to ${to}. See which it has: sediment status ${tableArgument(policy)}`,
    );
  const days: PutBackDay[] = [];
  const notes = new Set<string>();
  for (const { day, state, window } of known) {
    attempt.signal.throwIfAborted();
    attempt.heartbeat({ phase: 'reading manifests', days: days.length });
    const manifest = await dayManifest(source, policy, day);
    requireSame(manifest, schema, `${table} ${day}`);
    checkFilter(where, manifest);
    for (const note of columnNotes(manifest, schema)) notes.add(note);
    const [row] = await ledger.session.rows(
      `SELECT COUNT(*) AS number FROM ${indexedTable(schema)} WHERE ${predicate({ schema, window }, undefined, undefined)}`,
    );
    const { rows, parts, revision } = manifest;
    const bytes = parts.reduce((sum, part) => sum + part.object.bytes, 0);
    days.push({ day, state, rows, bytes, revision, rowsThere: Number(row?.number) });
  }
  const has = new Set<string>(known.map(({ day }) => day));
  const missing = daysBetween(from, to).filter((day) => !has.has(day));
  return { days, missing, until: momentAfter(await serverNow(ledger.session), keepFor), notes: [...notes] };
}

function momentAfter(now: string, keepFor: string): string {
  const end = Temporal.Instant.from(now).toZonedDateTimeISO('UTC').add(parseDuration(keepFor, 'time'));
  return end.toInstant().toString({ fractionalSecondDigits: 6 });
}

/** Keeps the days from the purge, all of them before the first row is put back. Safe to repeat. @throws Stopped */
export async function preparePutBack(job: TableJob, request: PutBackRequest): Promise<PreparedPutBack> {
  const plan = await planPutBack(job, request);
  const { ledger, policy } = job;
  const until = plan.until.replace('T', ' ').replace('Z', '');
  const done: Day[] = [];
  for (const { day, revision } of plan.days) {
    const key = { database: policy.database, table: policy.table, day };
    const { request: own, where = '', who, reason } = request;
    await beginPutBack(ledger, key, { request: own, revision, filter: where, until, who, reason });
    if ((await readPutBack(ledger, key))?.done) done.push(day);
  }
  return {
    target: formatTableName(policy),
    days: plan.days.map(({ day }) => day).filter((day) => !done.includes(day)),
    done,
    rows: plan.days.reduce((sum, each) => sum + each.rows, 0),
    bytes: plan.days.reduce((sum, each) => sum + each.bytes, 0),
    missing: plan.missing,
    until: plan.until,
  };
}

/** @throws Stopped where the table's rows can't be told to be the archived ones */
function requireSame(manifest: Manifest, { primaryKey, columns }: TableSchema, dayName: string): void {
  const now = primaryKey.map(({ name }) => name).join(', ');
  const then = manifest.primaryKey.join(', ');
  const newKey = now === then ? undefined : `the primary key was (${then}) and is (${now})`;
  const unbridged = newKey ?? schemaChange(manifest.columns, columns).unbridged;
  if (unbridged === undefined) return;
  throw new Stopped(`${dayName}: ${unbridged}. Restore into a table of its own, without --live`);
}

/** @throws Stopped */
function checkFilter(where: string | undefined, manifest: Manifest): void {
  if (where === undefined) return;
  try {
    rowTest(where, columnsOf(manifest));
  } catch (error) {
    if (error instanceof InvalidFilter) throw new Stopped(error.message, { cause: error });
    throw error;
  }
}

/** What an archived row loses or gains in the table as it is now. */
function columnNotes(manifest: Manifest, schema: TableSchema): string[] {
  const dropped = schema.columns.filter((column, field) => column.dropped && field < manifest.columns.length);
  const came = schema.columns.slice(manifest.columns.length).filter((column) => !column.dropped && !column.generated);
  const fixed = came.filter(({ nullable }) => !nullable);
  const named = (columns: readonly { name: string }[]) => columns.map(({ name }) => name).join(', ');
  return [
    ...(dropped.length > 0 ? [`the archive keeps values of ${named(dropped)} that the table has no column for`] : []),
    ...(fixed.length > 0
      ? [
          `${named(fixed)} came since and may not be NULL: rows get its default, so that the purge takes them for changed ones (recreated)`,
        ]
      : []),
  ];
}
