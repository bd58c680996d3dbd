import type { TablePolicy } from '../config/policy.ts';
import { withFileColumns } from '../ledger/fileColumns.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { TimeColumnKind } from '../model/day.ts';
import { formatTableName } from '../model/tableName.ts';
import { readTableSchema, TableRefused, type TableSchema } from '../mysql/schema/tableSchema.ts';
import type { Session } from '../mysql/session.ts';

/** @throws TableRefused where no rule says how the column tells the time */
export function timeKind(policy: TablePolicy, schema: TableSchema): TimeColumnKind {
  const { dataType, name } = schema.timeColumn;
  const shown = formatTableName(policy);
  if (dataType === 'date' || dataType === 'datetime' || dataType === 'timestamp') return dataType;
  if (!dataType.endsWith('int')) throw new TableRefused(shown, `${name} is ${dataType}, which holds no time`);
  if (policy.timeKind) return policy.timeKind;
  throw new TableRefused(shown, `${name} is ${dataType}; say timeKind: epochSeconds or timeKind: epochMillis`);
}

export async function openTable(
  session: Session,
  policy: TablePolicy,
): Promise<{ schema: TableSchema; kind: TimeColumnKind }> {
  const schema = await readTableSchema(session, policy, policy.timeColumn, policy);
  return { schema, kind: timeKind(policy, schema) };
}

/** The table with its columns in file order, for whoever writes rows or proves them. @throws TableRefused, UnknownColumnType */
export async function openArchived(
  ledger: Ledger,
  policy: TablePolicy,
): Promise<{ schema: TableSchema; kind: TimeColumnKind }> {
  const { schema, kind } = await openTable(ledger.session, policy);
  return { schema: await withFileColumns(ledger, schema), kind };
}
