import type { TablePolicy } from '../../config/policy.ts';
import { formatTableName, type TableName } from '../../model/tableName.ts';
import type { TableFacts } from '../../mysql/schema/tableFacts.ts';
import type { TableIdentity } from '../../mysql/schema/tableIdentity.ts';
import type { TableRights } from '../../mysql/schema/tableRights.ts';

/** What a policy asks of a table, as far as the checks go. */
export type AskedTable = TableName &
  Pick<TablePolicy, 'timeColumn'> &
  Partial<Pick<TablePolicy, 'timeKind' | 'allowTriggers' | 'allowCascade' | 'purge'>>;

/** The first look: what stands under the name. */
export interface IdentityFacts {
  identity: TableIdentity;
  policy: AskedTable;
}

/** The second look: what the user may see and do, before anything is read that a missing right would hide. */
export interface RightsFacts {
  rights: TableRights;
  policy: AskedTable;
}

/** The third look, at a base table that hides nothing. */
export interface TableCheckFacts {
  table: TableFacts;
  policy: AskedTable;
  /** Every table that has a policy. */
  policies: readonly TableName[];
}

/** The table as messages name it. */
export function shownName({ table }: TableCheckFacts): string {
  return formatTableName(table.identity.name);
}

/** Whether the policy names a table among others, by the server's own rule for upper and lower case. */
export function namesTable(names: readonly string[] | undefined, name: TableName, lowerCase: number): boolean {
  const fold = (text: string) => (lowerCase > 0 ? text.toLowerCase() : text);
  return (names ?? []).some((each) => fold(each) === fold(formatTableName(name)));
}
