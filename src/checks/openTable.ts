import { createHash } from 'node:crypto';
import type { Column } from '../archive/column.ts';
import type { TablePolicy } from '../config/policy.ts';
import { withFileColumns } from '../ledger/fileColumns.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { TimeColumnKind } from '../model/day.ts';
import { formatTableName, type TableName } from '../model/tableName.ts';
import { childrenOf, readTableFacts, type TableFacts } from '../mysql/schema/tableFacts.ts';
import { readTableIdentity } from '../mysql/schema/tableIdentity.ts';
import { readTableRights } from '../mysql/schema/tableRights.ts';
import { TableRefused, type TableSchema } from '../mysql/schema/tableSchema.ts';
import type { Session } from '../mysql/session.ts';
import { findingsOf, type Moment, type NamedFinding, sentence } from './check.ts';
import type { AskedTable } from './table/facts.ts';
import { identityChecks, rightsChecks, tableChecks } from './table/list.ts';
import { chooseIndex } from './table/timeIndex.ts';

export interface OpenedTable {
  schema: TableSchema;
  kind: TimeColumnKind;
}

/** The one gate: whatever reads, proves or deletes rows of a table opens it here. @throws TableRefused */
export async function openTable(session: Session, policy: AskedTable, moment: Moment = 'run'): Promise<OpenedTable> {
  const { findings, table } = await checkTable(session, policy, moment);
  const refused = findings.find(({ severity }) => severity === 'refuse');
  const shown = formatTableName(table?.identity.name ?? policy);
  if (refused) throw new TableRefused(shown, sentence(refused));
  if (!table) throw new TableRefused(shown, 'it could not be read');
  const schema = schemaOf(table, policy.timeColumn);
  return { schema, kind: timeKind(policy, schema.timeColumn) };
}

/** The table with its columns in file order, for whoever writes rows or proves them. @throws TableRefused */
export async function openArchived(ledger: Ledger, policy: TablePolicy, moment: Moment = 'run'): Promise<OpenedTable> {
  const { schema, kind } = await openTable(ledger.session, policy, moment);
  return { schema: await withFileColumns(ledger, schema), kind };
}

/** All that the checks of a moment find in one table, and the table where it is one. */
export async function checkTable(
  session: Session,
  policy: AskedTable,
  moment: Moment,
  policies: readonly TableName[] = [],
): Promise<{ findings: NamedFinding[]; table: TableFacts | undefined }> {
  const identity = await readTableIdentity(session, policy);
  const findings = findingsOf(identityChecks, moment, { identity, policy });
  const { name } = identity;
  if (!name || isRefused(findings)) return { findings, table: undefined };
  findings.push(...findingsOf(rightsChecks, moment, { rights: await readTableRights(session, name), policy }));
  if (isRefused(findings)) return { findings, table: undefined };
  const table = await readTableFacts(session, { ...identity, name }, moment === 'doctor');
  findings.push(...findingsOf(tableChecks, moment, { table, policy, policies }));
  return { findings, table };
}

function isRefused(findings: readonly NamedFinding[]): boolean {
  return findings.some(({ severity }) => severity === 'refuse');
}

function schemaOf(table: TableFacts, timeColumn: string): TableSchema {
  const { database, table: ownName } = table.identity.name;
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
    database,
    table: ownName,
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
function timeKind(policy: AskedTable, { dataType }: Column): TimeColumnKind {
  if (dataType === 'date' || dataType === 'datetime' || dataType === 'timestamp') return dataType;
  return policy.timeKind ?? 'epochSeconds';
}
