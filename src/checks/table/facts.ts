import type { Config } from '../../config/load.ts';
import type { TablePolicy } from '../../config/policy.ts';
import type { TableRecord } from '../../ledger/ledger.ts';
import type { TimeColumnKind } from '../../model/day.ts';
import { formatTableName, type TableName } from '../../model/tableName.ts';
import type { TableFacts } from '../../mysql/schema/tableFacts.ts';
import type { TableIdentity } from '../../mysql/schema/tableIdentity.ts';
import type { TableRights } from '../../mysql/schema/tableRights.ts';
import type { TimeSpan } from '../../mysql/schema/timeSpan.ts';

/** What a policy asks of a table, as far as the checks go. */
export type NamedTable = TableName &
  Pick<TablePolicy, 'timeColumn'> &
  Partial<Pick<TablePolicy, 'timeKind' | 'allowTriggers' | 'allowCascade' | 'allowOldRows' | 'purge'>>;

/** The first check: what exists under the name. */
export interface IdentityFacts {
  identity: TableIdentity;
  policy: NamedTable;
  /** Every table that has a policy. */
  policies: readonly TableName[];
  /** The tables of Sediment's ledger. */
  ledger: readonly TableName[];
}

/** The second look: what the user may see and do, before anything is read that a missing right would hide. */
export interface RightsFacts {
  rights: TableRights;
  policy: NamedTable;
}

/** The third look, at a base table that hides nothing. */
export interface TableCheckFacts {
  table: TableFacts;
  policy: NamedTable;
  /** Every table that has a policy. */
  policies: readonly TableName[];
}

/** The table beside its archive. */
export interface RecordFacts {
  /** What the first export fixed; undefined before it. */
  recorded: TableRecord | undefined;
  /** Where nothing is recorded: tables of the ledger that differ in upper and lower case alone. */
  spellings: readonly TableName[];
  lowerCase: number;
  /** How the time column is read now; undefined where the table isn't looked at. */
  kind: TimeColumnKind | undefined;
  policy: NamedTable & Pick<TablePolicy, 'zone'>;
  config: Pick<Config, 'source' | 'store'> | undefined;
}

/** The ledger that the table's account is kept in. */
export interface LedgerFacts {
  ledger: string;
  /** Its tables of another engine than InnoDB. */
  foreign: readonly { table: string; engine: string }[];
}

/** When the table's rows are of, by its time column. */
export interface TimeFacts {
  span: TimeSpan;
  kind: TimeColumnKind;
  policy: NamedTable;
}

/** The table as messages name it. */
export function tableName({ table }: TableCheckFacts): string {
  return formatTableName(table.identity.name);
}

/** Whether the policy names a table among others, by the server's own rule for upper and lower case. */
export function namesTable(names: readonly string[] | undefined, name: TableName, lowerCase: number): boolean {
  const lower = (text: string) => (lowerCase > 0 ? text.toLowerCase() : text);
  return (names ?? []).some((each) => lower(each) === lower(formatTableName(name)));
}
