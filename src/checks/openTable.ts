import { createHash } from 'node:crypto';
import type { Column } from '../archive/column.ts';
import type { Config } from '../config/load.ts';
import type { TablePolicy } from '../config/policy.ts';
import { withFileColumns } from '../ledger/days/fileColumns.ts';
import { foreignEngines, ledgerTables } from '../ledger/foreignEngines.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { TimeColumnKind } from '../model/day.ts';
import { formatTableName, type TableName } from '../model/tableName.ts';
import { isMissingLedger } from '../mysql/errors.ts';
import { readOrigins } from '../mysql/replica/origins.ts';
import { childrenOf, innodbName, readTableFacts, type TableFacts } from '../mysql/schema/tableFacts.ts';
import { readTableIdentity } from '../mysql/schema/tableIdentity.ts';
import { readTableRights } from '../mysql/schema/tableRights.ts';
import { TableRefused, type TableSchema } from '../mysql/schema/tableSchema.ts';
import { readTimeSpan } from '../mysql/schema/timeSpan.ts';
import { addressOf } from '../mysql/session/server.ts';
import type { Session } from '../mysql/session/session.ts';
import { findingsOf, type Moment, type NamedFinding, sentence } from './check.ts';
import type { RoleFacts } from './server/facts.ts';
import type { NamedTable, RecordFacts } from './table/facts.ts';
import {
  identityChecks,
  ledgerChecks,
  recordChecks,
  rightsChecks,
  serverChecks,
  tableChecks,
  timeChecks,
} from './table/list.ts';
import { chooseIndex } from './table/timeIndex.ts';

export interface OpenedTable {
  schema: TableSchema;
  kind: TimeColumnKind;
}

/** For whom a table is opened, and beside which others. */
export interface Asking {
  /** Left out: a run. */
  moment?: Moment;
  /** Left out where neither the other tables nor the store count. */
  config?: Pick<Config, 'source' | 'store' | 'tables'>;
}

/** What the checks find in a table; it is opened where none refuses. */
export interface Looked {
  findings: NamedFinding[];
  opened: OpenedTable | undefined;
}

/** The one gate: whatever reads, proves or deletes rows of a table opens it here. @throws TableRefused */
export async function openTable(session: Session, policy: NamedTable, asking: Asking = {}): Promise<OpenedTable> {
  return passed(policy, await checkTable(session, policy, asking));
}

/** The same beside its archive: whatever was fixed by the first export must still be so. @throws TableRefused */
export async function openRecorded(ledger: Ledger, policy: TablePolicy, asking: Asking = {}): Promise<OpenedTable> {
  return passed(policy, await checkArchived(ledger, policy, asking));
}

/** The same with its columns in file order, for whoever writes rows or proves them. @throws TableRefused */
export async function openArchived(ledger: Ledger, policy: TablePolicy, asking: Asking = {}): Promise<OpenedTable> {
  const { schema, kind } = await openRecorded(ledger, policy, asking);
  return { schema: await withFileColumns(ledger, schema), kind };
}

/** @throws TableRefused with the first finding that refuses */
export function requirePassed(table: TableName, findings: readonly NamedFinding[]): void {
  const refused = findings.find(({ severity }) => severity === 'refuse');
  if (!refused) return;
  const { message: fact, remedy } = refused;
  throw new TableRefused(formatTableName(table), sentence(refused), { fact, remedy: remedy || null });
}

/** @throws TableRefused with the first finding that refuses */
export function passed(policy: TableName, { findings, opened }: Looked): OpenedTable {
  requirePassed(policy, findings);
  if (!opened) throw new TableRefused(formatTableName(policy), 'it could not be read; try again');
  return opened;
}

/** The table by itself: what it is, what is hidden, and how it is defined. */
export async function checkTable(session: Session, policy: NamedTable, asking: Asking): Promise<Looked> {
  const { moment = 'run', config } = asking;
  const policies = config?.tables ?? [];
  const role = config ? findingsOf(serverChecks, moment, await readRole(session, config.source)) : [];
  if (isRefused(role)) return { findings: role, opened: undefined };
  const ledger = config ? ledgerTables().map((table) => ({ database: config.source.ledger, table })) : [];
  const identity = await readTableIdentity(session, policy);
  const findings = [...role, ...findingsOf(identityChecks, moment, { identity, policy, policies, ledger })];
  const { name } = identity;
  if (!name || isRefused(findings)) return { findings, opened: undefined };
  findings.push(...findingsOf(rightsChecks, moment, { rights: await readTableRights(session, name), policy }));
  if (isRefused(findings)) return { findings, opened: undefined };
  const table = await readTableFacts(session, { ...identity, name }, moment === 'doctor');
  findings.push(...findingsOf(tableChecks, moment, { table, policy, policies }));
  if (isRefused(findings)) return { findings, opened: undefined };
  const schema = schemaOf(table, policy);
  return { findings, opened: { schema, kind: timeKind(policy, schema.timeColumn) } };
}

async function readRole(session: Session, source: Config['source']): Promise<RoleFacts> {
  return {
    address: addressOf(source),
    origins: await readOrigins(session),
    allowed: source.allowReplica ?? false,
  };
}

/** The table beside its archive: what the first export fixed, and whether its times can be meant. */
export async function checkArchived(ledger: Ledger, policy: TablePolicy, asking: Asking): Promise<Looked> {
  const { moment = 'run', config } = asking;
  const looked = await checkTable(ledger.session, policy, asking);
  if (!looked.opened) return looked;
  const { schema, kind } = looked.opened;
  const facts = { ...(await readRecord(ledger, policy)), lowerCase: schema.lowerCase, kind, policy, config };
  const account = { ledger: ledger.name, foreign: await foreignEngines(ledger) };
  const findings = [
    ...looked.findings,
    ...findingsOf(ledgerChecks, moment, account),
    ...findingsOf(recordChecks, moment, facts),
  ];
  if (isRefused(findings)) return { findings, opened: undefined };
  // Three looks into the index: by every slice, and by a run until there is an archive.
  if (moment === 'run' && facts.recorded) return { findings, opened: looked.opened };
  const span = await readTimeSpan(ledger.session, schema, kind);
  findings.push(...findingsOf(timeChecks, moment, { span, kind, policy }));
  return { findings, opened: looked.opened };
}

/** For whoever reads the archive and not the table, as an audit does. @throws TableRefused */
export async function requireRecorded(ledger: Ledger, policy: TablePolicy, config: Asking['config']): Promise<void> {
  const { lowerCase } = await readTableIdentity(ledger.session, policy);
  const facts = { ...(await readRecord(ledger, policy)), lowerCase, kind: undefined, policy, config };
  requirePassed(policy, findingsOf(recordChecks, 'run', facts));
}

/** Before the first worker there is no ledger, and nothing is recorded. */
async function readRecord(ledger: Ledger, policy: TablePolicy): Promise<Pick<RecordFacts, 'recorded' | 'spellings'>> {
  try {
    const recorded = await ledger.readTable(policy.database, policy.table);
    return { recorded, spellings: recorded ? [] : await ledger.spellingsOf(policy) };
  } catch (error) {
    if (!isMissingLedger(error)) throw error;
    return { recorded: undefined, spellings: [] };
  }
}

function isRefused(findings: readonly NamedFinding[]): boolean {
  return findings.some(({ severity }) => severity === 'refuse');
}

function schemaOf(table: TableFacts, policy: NamedTable): TableSchema {
  const { timeColumn } = policy;
  const named = (wanted: string | null): Column => {
    const column = table.columns.find(({ name }) => name === wanted);
    if (!column) throw new TableRefused(formatTableName(table.identity.name), `it has no column ${wanted}`);
    return column;
  };
  const primaryKey = (table.indexes.find(({ name }) => name === 'PRIMARY')?.parts ?? []).map(({ column }) =>
    named(column),
  );
  const cursorColumns = [named(timeColumn), ...primaryKey.filter(({ name }) => name !== timeColumn)];
  return {
    database: policy.database,
    table: policy.table,
    catalogue: table.identity.name,
    innodb: innodbName(table.identity),
    lowerCase: table.identity.lowerCase,
    columns: [...table.columns],
    timeColumn: named(timeColumn),
    primaryKey,
    cursorColumns,
    index: chooseIndex(table.indexes, cursorColumns) ?? '',
    ddl: table.ddl,
    ddlHash: createHash('sha256').update(table.ddl).digest('hex'),
    fingerprint: table.fingerprint,
    rules: table.rules,
    children: childrenOf(table.acting),
  };
}

/** How the column tells the time; the checks have seen that it does. */
function timeKind(policy: NamedTable, { dataType }: Column): TimeColumnKind {
  if (dataType === 'date' || dataType === 'datetime' || dataType === 'timestamp') return dataType;
  return policy.timeKind ?? 'epochSeconds';
}
