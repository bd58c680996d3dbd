import type { Manifest } from '../archive/manifest.ts';
import { InvalidFilter, rowTest } from '../archive/rowFilter.ts';
import { requireRecorded } from '../checks/openTable.ts';
import type { Config } from '../config/load.ts';
import type { TablePolicy } from '../config/policy.ts';
import { Stopped } from '../job/attempt.ts';
import type { TableJob } from '../job/job.ts';
import { archivedDays } from '../ledger/days/archivedDays.ts';
import { type Day, daysBetween, undatedDay } from '../model/day.ts';
import { formatTableName, parseTableName, type TableName, tableArgument } from '../model/tableName.ts';
import { dayManifest } from '../partition/dayManifest.ts';
import { type ChosenLoading, readLoadingFacts, summedLoadings } from './chooseLoading.ts';
import { createTableStatement, type ScratchTable, unitedColumns } from './scratchTable.ts';

/** What is restored, and where to. Days are inclusive. */
export interface RestoreRequest {
  from: Day;
  to: Day;
  /** `db.table`; left out, a name beside the table itself. */
  into?: string | undefined;
  /** Only rows that meet it, as `parseFilter` reads it. */
  where?: string | undefined;
}

/** A day of a plan. */
export interface PlannedDay {
  day: Day;
  rows: number;
  bytes: number;
  parts: number;
  revision: number;
}

/** What a restore would do. */
export interface RestorePlan extends ScratchTable {
  days: PlannedDay[];
  /** Days of the range that have no archive. */
  missing: Day[];
  /** By which statements its parts are loaded, and why. */
  loading: (ChosenLoading & { parts: number })[];
  ddl: string;
}

const manifestsAtOnce = 16;
const longestName = 64;

/** Reads the range's manifests. Changes nothing. @throws Stopped, TableRefused */
export async function planRestore(
  { source, ledger, policy, attempt }: TableJob,
  request: RestoreRequest,
): Promise<RestorePlan> {
  await requireRecorded(ledger, policy, source.config);
  const { from, to } = request;
  const table = formatTableName(policy);
  if (from > to) throw new Stopped(`from ${from} is after to ${to}: give the older day first`);
  const target = targetOf(source.config, policy, request);
  // The rows without a day are restored alone.
  const archived = await archivedDays(ledger, policy, { from, to: from === undatedDay ? from : to });
  if (archived.length === 0)
    throw new Stopped(
      `${table} has no archived day from ${from} to ${to}. See which it has: sediment status ${tableArgument(policy)}`,
    );
  const days: PlannedDay[] = [];
  const manifests: Manifest[] = [];
  for (let at = 0; at < archived.length; at += manifestsAtOnce) {
    attempt.signal.throwIfAborted();
    attempt.heartbeat({ phase: 'reading manifests', days: at });
    const some = archived.slice(at, at + manifestsAtOnce);
    manifests.push(...(await Promise.all(some.map((day) => dayManifest(source, policy, day)))));
  }
  for (const { day, rows, parts, revision } of manifests)
    days.push({
      day: day as Day,
      rows,
      bytes: parts.reduce((sum, part) => sum + part.object.bytes, 0),
      parts: parts.length,
      revision,
    });
  const [newest] = manifests.slice(-1);
  const scratch: ScratchTable = {
    target,
    columns: unitedColumns(manifests),
    primaryKey: newest?.primaryKey ?? [],
    timeColumn: newest?.timeColumn ?? policy.timeColumn,
    comment: `restored by Sediment from ${table}, ${from === to ? from : `${from} to ${to}`}`.slice(0, 1_000),
  };
  checkFilter(request.where, scratch);
  const has = new Set<string>(archived);
  const missing = from === undatedDay ? [] : daysBetween(from, to).filter((day) => !has.has(day));
  const restored = { policy, config: source.config, filtered: request.where !== undefined };
  const parts = manifests.flatMap((manifest) => manifest.parts);
  const loading = summedLoadings(await readLoadingFacts(ledger.session), restored, parts);
  return { ...scratch, days, missing, loading, ddl: createTableStatement(scratch) };
}

/** Where a request's rows go. @throws Stopped where it is a table of the policy file; InvalidTableName */
export function targetOf(
  config: Pick<Config, 'tables'>,
  policy: TablePolicy,
  { from, to, into }: RestoreRequest,
): TableName {
  if (into === undefined) {
    const range = [...new Set([from, to])].map((day) => day.replaceAll('-', '')).join('_');
    const suffix = `_restored_${range}`;
    const base = [...policy.table].slice(0, longestName - suffix.length).join('');
    return { database: policy.database, table: `${base}${suffix}` };
  }
  const target = parseTableName(into);
  const lower = (name: TableName) => formatTableName(name).toLowerCase();
  if (config.tables.some((each) => lower(each) === lower(target)))
    throw new Stopped(
      `${into} is a table that Sediment archives: a restore writes into a table of its own. Name one that doesn't ` +
        `exist yet, or leave --into out`,
    );
  return target;
}

/** @throws Stopped */
function checkFilter(where: string | undefined, { columns }: ScratchTable): void {
  if (where === undefined) return;
  try {
    rowTest(where, columns);
  } catch (error) {
    if (error instanceof InvalidFilter) throw new Stopped(error.message, { cause: error });
    throw error;
  }
}
