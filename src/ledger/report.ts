import type { Cursor } from '../archive/chunk.ts';
import { type Day, undatedDay } from '../model/day.ts';
import type { PartitionState } from '../model/partitionState.ts';
import { parseTableName, type TableName } from '../model/tableName.ts';
import { serverNow } from '../mysql/clock.ts';
import { isMissingColumn, isMissingLedger } from '../mysql/errors.ts';
import { identifier } from '../mysql/quote.ts';
import type { Session } from '../mysql/session/session.ts';
import { type DaySummary, isComplete, readSummaries, summarizedIf } from './days/daySummary.ts';
import { type LastDrill, readDrills } from './drills.ts';
import { type OpenErasure, readOpenErasures } from './erasures.ts';
import { type Expiry, readExpiries } from './expiries.ts';
import { type Hold, holdApplies } from './holds.ts';
import { type RecordedPolicy, readPolicies } from './policies.ts';
import { type KeptDay, readKeptDays } from './putBacks.ts';
import { type Look, type RecordedRefusal, readLooks, readRefusals } from './refusals.ts';
import { instant, tableNameOf } from './rowFields.ts';
import { ServerChanged, serverIdentity } from './serverIdentity.ts';

/** One partition, as `status` needs it. */
export interface DayReport {
  day: Day;
  state: PartitionState;
  rowsArchived: number;
  rowsDeleted: number;
  proofs: number;
  cursor: Cursor | null;
  /** Rows that heals added to the archive, changed in it or took out of it. */
  rowsHealed: number;
  /** Rows that stay in the table because the archive has their key with other values. */
  leftRows: number;
  /** Why the day is stopped; null if it isn't. */
  stopped: string | null;
  /** The command by which it goes on; null where none does, and in stops of earlier releases. */
  stopCommand: string | null;
  /** When its row changed last: ISO 8601, UTC. */
  updatedAt: string;
  /** Objects, and bytes of CSV before compression; of days that aren't purged. */
  objects: number;
  plainBytes: number;
}

export interface HoldReport extends Hold {
  /** ISO 8601, UTC. */
  since: string;
  /** ISO 8601, UTC; null where only a resume ends it. */
  until: string | null;
}

/** What the audits of a table have found. */
export interface AuditReport {
  days: number;
  /** When a day was last audited: ISO 8601, UTC. */
  lastAt: string;
  /** Days whose last audit found something wrong, oldest first. */
  damaged: readonly { day: Day; finding: string }[];
}

/** What the ledger knows at one moment of MySQL's clock. */
export interface LedgerReport {
  /** The server has no such ledger, so nothing below is known. */
  missing: boolean;
  /** Why nothing is archived or purged on this server, which nobody has accepted; null if the ledger knows it. */
  strangeServer: string | null;
  /** ISO 8601, UTC. */
  now: string;
  /** By the table's name as `formatTableName` writes it, oldest day first. */
  days: ReadonlyMap<string, readonly DayReport[]>;
  /** By the same name: sums over the days that aren't listed. */
  summaries: ReadonlyMap<string, readonly DaySummary[]>;
  /** By the same name: the source that archives it, because several may keep one ledger. */
  sources: ReadonlyMap<string, string>;
  /** By the same name: the first day that the table was ever archived from. */
  firstDays: ReadonlyMap<string, Day>;
  /** By the same name: rows outside every day, which are never purged, as counted when a day was last committed. */
  undatedRows: ReadonlyMap<string, number>;
  /** By the same name: the day whose native partitions have exchange tables now, and how many. */
  exchangeTables: ReadonlyMap<string, { day: Day; count: number }>;
  /** By the same name, for each table that was ever audited. */
  audits: ReadonlyMap<string, AuditReport>;
  /** By the same name: what keeps a table, or a day of it, from its work. */
  refusals: ReadonlyMap<string, readonly RecordedRefusal[]>;
  /** By the same name: when a daily run last opened it. */
  looks: ReadonlyMap<string, Look>;
  /** By the same name: the newest policy that a worker started with. */
  policies: ReadonlyMap<string, RecordedPolicy>;
  /** By the same name: days that were put back, and that no purge opens for now. */
  kept: ReadonlyMap<string, readonly KeptDay[]>;
  /** By the same name: the last drill. */
  drills: ReadonlyMap<string, LastDrill>;
  /** By the same name: days whose archive is to be deleted, or was. */
  expiries: ReadonlyMap<string, readonly Expiry[]>;
  /** By the same name: erasures that aren't done. */
  erasing: ReadonlyMap<string, readonly OpenErasure[]>;
  /** Holds in force, those of `*` first. */
  holds: readonly HoldReport[];
}

/** Which days are listed one by one: all, one table's, or those of all tables that are worth it. */
export interface DaysWanted {
  /** No days. Whoever needs only holds and the clock shouldn't wait for millions of days. */
  none?: boolean;
  /** This table's days only. */
  table?: TableName;
  /** Days before this one are summed up if nothing else is to be shown of them, because listing millions of days takes seconds. */
  summarizedBefore?: Day;
}

/** Reads only; safe beside whatever runs. A ledger that doesn't exist yet gives an empty report. */
export async function readLedgerReport(
  session: Session,
  ledger: string,
  wanted: DaysWanted = {},
): Promise<LedgerReport> {
  const now = await serverNow(session);
  try {
    return { now, ...(await readAll(session, ledger, wanted)) };
  } catch (error) {
    if (!isMissingLedger(error)) throw error;
    return {
      now,
      missing: true,
      strangeServer: null,
      days: new Map(),
      summaries: new Map(),
      sources: new Map(),
      firstDays: new Map(),
      undatedRows: new Map(),
      exchangeTables: new Map(),
      audits: new Map(),
      refusals: new Map(),
      looks: new Map(),
      policies: new Map(),
      kept: new Map(),
      drills: new Map(),
      expiries: new Map(),
      erasing: new Map(),
      holds: [],
    };
  }
}

async function readAll(session: Session, ledger: string, wanted: DaysWanted): Promise<Omit<LedgerReport, 'now'>> {
  const schema = identifier(ledger);
  const tables = await session.rows(
    `SELECT database_name, table_name, source_name, first_day, undated_rows FROM ${schema}.tables`,
  );
  const holds = await session.rows(
    `SELECT scope, owner, reason, exports, ${instant('until_time')} AS until_time, ${instant('created_at')} AS since FROM ${schema}.holds
     WHERE ${holdApplies} ORDER BY scope`,
  );
  return {
    missing: false,
    strangeServer: await strangeServer(session, schema),
    ...(await readDaysAndSummaries(session, ledger, wanted)),
    sources: new Map(tables.map((row) => [tableNameOf(row), String(row.source_name)])),
    firstDays: new Map(tables.map((row) => [tableNameOf(row), String(row.first_day) as Day])),
    undatedRows: new Map(tables.map((row) => [tableNameOf(row), Number(row.undated_rows)])),
    exchangeTables: await readExchangeTables(session, schema),
    // A pause says first of all that it holds, and asks for none of these.
    audits: wanted.none ? new Map() : await readAudits(session, schema),
    refusals: wanted.none ? new Map() : await readRefusals(session, ledger),
    looks: wanted.none ? new Map() : await readLooks(session, ledger),
    policies: wanted.none ? new Map() : await readPolicies(session, ledger),
    kept: wanted.none ? new Map() : await readKeptDays(session, ledger),
    drills: wanted.none ? new Map() : await readDrills(session, ledger),
    expiries: wanted.none ? new Map() : await readExpiries(session, ledger),
    erasing: wanted.none ? new Map() : await readOpenErasures(session, ledger),
    holds: holds.map((row) => ({
      scope: String(row.scope),
      owner: String(row.owner),
      reason: String(row.reason),
      until: row.until_time ?? null,
      exports: Number(row.exports) === 1,
      since: String(row.since),
    })),
  };
}

async function strangeServer(session: Session, schema: string): Promise<string | null> {
  const accepted = (await session.rows(`SELECT server_id FROM ${schema}.servers`)).map((row) => String(row.server_id));
  const found = await serverIdentity(session);
  return accepted.length === 0 || accepted.includes(found) ? null : new ServerChanged(found, accepted).message;
}

async function readExchangeTables(session: Session, schema: string): Promise<Map<string, { day: Day; count: number }>> {
  const found = await session.rows(
    `SELECT database_name, table_name, MIN(day) AS day, COUNT(*) AS number FROM ${schema}.twins GROUP BY database_name, table_name`,
  );
  return new Map(found.map((row) => [tableNameOf(row), { day: String(row.day) as Day, count: Number(row.number) }]));
}

async function readAudits(session: Session, schema: string): Promise<Map<string, AuditReport>> {
  const found = await session.rows(
    `SELECT database_name, table_name, day, finding, ${instant('audited_at')} AS at FROM ${schema}.audits ORDER BY database_name, table_name, day`,
  );
  const audits = new Map<string, AuditReport>();
  for (const row of found) {
    const before = audits.get(tableNameOf(row)) ?? { days: 0, lastAt: '', damaged: [] };
    const damage = row.finding ? [{ day: String(row.day) as Day, finding: row.finding }] : [];
    audits.set(tableNameOf(row), {
      days: before.days + 1,
      lastAt: before.lastAt > String(row.at) ? before.lastAt : String(row.at),
      damaged: [...before.damaged, ...damage],
    });
  }
  return audits;
}

async function readDaysAndSummaries(
  session: Session,
  ledger: string,
  { none, table, summarizedBefore }: DaysWanted,
): Promise<Pick<LedgerReport, 'days' | 'summaries'>> {
  const schema = identifier(ledger);
  if (none) return { days: new Map(), summaries: new Map() };
  if (table) return { days: await readDays(session, schema, ...only(table)), summaries: new Map() };
  if (!summarizedBefore) return { days: await readDays(session, schema), summaries: new Map() };
  const summaries = await readSummaries(session, ledger, summarizedBefore);
  const days = await readDays(session, schema, `NOT (${summarizedIf(summarizedBefore)})`);
  for (const [name, summary] of summaries) {
    if (isComplete(summary, days.get(name) ?? [])) continue;
    summaries.delete(name);
    const whole = await readDays(session, schema, ...only(parseTableName(name)));
    days.set(name, whole.get(name) ?? []);
  }
  return { days, summaries };
}

function only({ database, table }: TableName): [where: string, values: string[]] {
  return ['d.database_name = ? AND d.table_name = ?', [database, table]];
}

async function readDays(
  session: Session,
  schema: string,
  where = 'TRUE',
  values: readonly string[] = [],
): Promise<Map<string, DayReport[]>> {
  // Without the objects of purged days, which are no backlog, the query is quick.
  const read = (stopCommand: string) =>
    session.rows(
      `SELECT d.database_name, d.table_name, d.day, d.state, d.rows_archived, d.rows_deleted, d.proofs,
            d.cursor_json, d.stopped, ${stopCommand} AS stop_command, d.rows_added + d.rows_changed + d.rows_removed AS healed, d.left_rows,
            ${instant('d.updated_at')} AS updatedAt, COUNT(p.part) AS objects,
            CAST(IFNULL(SUM(JSON_EXTRACT(p.body, '$.uncompressedBytes')), 0) AS UNSIGNED) AS plainBytes
     FROM ${schema}.partitions d LEFT JOIN ${schema}.parts p
       ON d.state NOT IN ('purged', 'expired') AND p.database_name = d.database_name AND p.table_name = d.table_name AND p.day = d.day
     WHERE d.day <> '${undatedDay}' AND ${where}
     GROUP BY d.database_name, d.table_name, d.day ORDER BY d.database_name, d.table_name, d.day`,
      values,
    );
  const rows = await read('d.stop_command').catch((error: unknown) => {
    // A ledger that the first newer worker is yet to migrate.
    if (isMissingColumn(error)) return read('NULL');
    throw error;
  });
  const days = new Map<string, DayReport[]>();
  for (const row of rows) {
    const name = tableNameOf(row);
    const own = days.get(name) ?? [];
    own.push({
      day: String(row.day) as Day,
      state: row.state as PartitionState,
      rowsArchived: Number(row.rows_archived),
      rowsDeleted: Number(row.rows_deleted),
      proofs: Number(row.proofs),
      // A LONGBLOB arrives as bytes.
      cursor: row.cursor_json === null ? null : (JSON.parse(String(row.cursor_json)) as string[]),
      rowsHealed: Number(row.healed),
      leftRows: Number(row.left_rows),
      stopped: row.stopped ?? null,
      stopCommand: row.stop_command ?? null,
      updatedAt: String(row.updatedAt),
      objects: Number(row.objects),
      plainBytes: Number(row.plainBytes),
    });
    days.set(name, own);
  }
  return days;
}
