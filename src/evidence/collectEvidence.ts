import { manifestKey } from '../archive/keys.ts';
import { requireRecorded } from '../checks/openTable.ts';
import type { ArchiveSettings } from '../config/archive.ts';
import { goesOn } from '../config/expiry.ts';
import type { TablePolicy } from '../config/policy.ts';
import type { Source } from '../job/source.ts';
import type { DayRange } from '../ledger/days/archivedDays.ts';
import { type Expiry, readExpiries } from '../ledger/expiries.ts';
import { type HistoryRow, readHistory } from '../ledger/history.ts';
import type { Ledger, Partition } from '../ledger/ledger.ts';
import type { Day } from '../model/day.ts';
import { messageOf } from '../model/error.ts';
import { isArchived } from '../model/partitionState.ts';
import { formatTableName } from '../model/tableName.ts';
import { serverNow } from '../mysql/clock.ts';
import { identifier } from '../mysql/quote.ts';
import { readManifest } from '../partition/readManifest.ts';
import { type Balance, balance } from './balances.ts';
import { type DayEvidence, dayEvidence, type ReadManifest } from './dayEvidence.ts';

/** What an auditor holds of one table. */
export interface TableEvidence {
  table: string;
  policy: {
    timeColumn: string;
    zone: string;
    retention: string;
    purge: string;
    recreated: string;
    archive: ArchiveSettings | null;
  };
  days: DayEvidence[];
  /** Days whose archive is to be deleted, with the first day on which it may be, or was. */
  expiries: (Expiry & { goesOn: Day | null })[];
  /** What is about the table as a whole, or about all tables: holds, acceptances, refusals. */
  events: HistoryRow[];
  /** Rows deleted by UTC day, as the deleting transactions counted them. */
  deletions: { day: Day; rows: number }[];
  sums: TableSums;
  balances: Balance[];
}

/** Of the days in it. */
export interface TableSums {
  days: number;
  archived: number;
  purged: number;
  rows: number;
  rowsDeleted: number;
  proofs: number;
  bytes: number;
  plainBytes: number;
  /** Rows that have no day, as last counted. */
  undatedRows: number;
}

/** What is kept of one run of `sediment evidence`. */
export interface Evidence {
  version: 1;
  /** By MySQL's clock: ISO 8601, UTC. */
  at: string;
  source: string;
  /** Null for all. */
  from: Day | null;
  to: Day | null;
  tables: TableEvidence[];
}

const manifestsAtOnce = 16;

/** Reads ledger and manifests. It changes nothing, and reads no row. */
export async function collectEvidence(
  source: Source,
  ledger: Ledger,
  policies: readonly TablePolicy[],
  range: DayRange,
): Promise<Evidence> {
  const at = await serverNow(ledger.session);
  const tables: TableEvidence[] = [];
  for (const policy of policies) tables.push(await tableEvidence(source, ledger, policy, range));
  return { version: 1, at, source: source.config.source.name, from: range.from ?? null, to: range.to ?? null, tables };
}

async function tableEvidence(
  source: Source,
  ledger: Ledger,
  policy: TablePolicy,
  { from, to }: DayRange,
): Promise<TableEvidence> {
  await requireRecorded(ledger, policy, source.config);
  const { database, table, timeColumn, zone, retention, purge, recreated } = policy;
  const inRange = (day: Day) => (from === undefined || day >= from) && (to === undefined || day <= to);
  const rows = (await ledger.days(database, table)).filter(({ day }) => inRange(day));
  const { byDay, events } = await readEvents(ledger, policy);
  const days: DayEvidence[] = [];
  for (let at = 0; at < rows.length; at += manifestsAtOnce)
    days.push(
      ...(await Promise.all(
        rows.slice(at, at + manifestsAtOnce).map(async (row) => {
          return dayEvidence(row, await manifestOf(source, policy, row), byDay.get(row.day) ?? []);
        }),
      )),
    );
  const deletions = await readDeletions(ledger, policy);
  const record = await ledger.readTable(database, table);
  const sum = (of: (day: DayEvidence) => number) => days.reduce((total, day) => total + of(day), 0);
  const sums: TableSums = {
    days: days.length,
    archived: days.filter(({ state }) => isArchived(state)).length,
    purged: days.filter(({ state }) => state === 'purged').length,
    rows: sum(({ rows: own }) => own ?? 0),
    rowsDeleted: sum(({ purge: own }) => own.rowsDeleted),
    proofs: sum(({ purge: own }) => own.proofs),
    bytes: sum(({ bytes }) => bytes),
    plainBytes: sum(({ plainBytes }) => plainBytes),
    undatedRows: record?.undatedRows ?? 0,
  };
  const expiries = (await readExpiries(ledger.session, ledger.name, policy)).get(formatTableName(policy)) ?? [];
  const { archive = null } = policy;
  const expire = archive?.expire;
  const whole = from === undefined && to === undefined;
  const counted = deletions.reduce((total, each) => total + each.rows, 0);
  return {
    table: formatTableName(policy),
    policy: { timeColumn, zone, retention, purge, recreated, archive },
    days,
    expiries: expiries
      .filter(({ day }) => inRange(day))
      .map((each) => ({
        ...each,
        goesOn: archive && expire !== undefined ? goesOn({ ...archive, expire }, each, zone) : null,
      })),
    events,
    deletions,
    sums,
    balances: whole
      ? [balance('rows deleted by day of the archive, rows deleted by day of the deletion', sums.rowsDeleted, counted)]
      : [],
  };
}

async function manifestOf(
  source: Source,
  policy: TablePolicy,
  { day, state }: { day: Day } & Partition,
): Promise<ReadManifest | undefined> {
  if (!isArchived(state)) return undefined;
  const key = manifestKey(source.folderOf(policy), day);
  try {
    const head = await source.store.head(key);
    if (!head) return `${key} is gone`;
    const manifest = await readManifest(source.store, key, head.versionId);
    return { manifest, key, versionId: head.versionId, bytes: head.bytes };
  } catch (error) {
    return messageOf(error);
  }
}

async function readEvents(ledger: Ledger, { database, table }: TablePolicy) {
  const byDay = new Map<Day, HistoryRow[]>();
  const events: HistoryRow[] = [];
  for await (const page of readHistory(ledger.session, ledger.name, { table: { database, table } }))
    for (const row of page) {
      if (row.day === null) events.push(row);
      else byDay.set(row.day, [...(byDay.get(row.day) ?? []), row]);
    }
  return { byDay, events };
}

async function readDeletions({ session, name }: Ledger, { database, table }: TablePolicy) {
  const rows = await session.rows(
    `SELECT CAST(utc_day AS CHAR) AS day, deleted FROM ${identifier(name)}.deletions
     WHERE database_name = ? AND table_name = ? ORDER BY utc_day`,
    [database, table],
  );
  return rows.map((row) => ({ day: String(row.day) as Day, rows: Number(row.deleted) }));
}
