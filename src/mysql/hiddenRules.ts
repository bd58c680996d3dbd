import { formatTableName, type TableName } from '../archive/tableName.ts';
import { missingRights, readGrants } from './grants.ts';
import { actingForeignKeys } from './serverFacts.ts';
import type { Session } from './session.ts';

/**
 * What MySQL doesn't show a user of few rights: a table's triggers without TRIGGER, and the foreign keys of tables that
 * it may not read. A rule that can't be seen can't be refused, and would delete what nobody archived (P48).
 *
 * @param allowed child tables, as `db.table`, whose rules are allowed by name
 * @returns why the table is refused, or null
 */
export async function hiddenRule(
  session: Session,
  table: TableName,
  allowed: readonly string[],
): Promise<string | null> {
  // MariaDB shows triggers to whoever sees the table.
  if (session.flavor === 'mysql') {
    const unseen = missingRights([{ rights: ['TRIGGER'], ...table }], await readGrants(session));
    if (unseen.length > 0)
      return 'the user may not see its triggers, so a delete trigger could not be refused; GRANT TRIGGER, as sediment doctor --grants prints it';
  }
  const rules = await foreignKeys(session, table);
  if (rules === null)
    return 'the user may not see every foreign key on it, so a cascade could not be refused; GRANT PROCESS, as sediment doctor --grants prints it';
  const rule = rules.find((from) => !allowed.includes(from));
  return rule && rule !== formatTableName(table)
    ? `a foreign key of ${rule} deletes or changes rows with this table's, and the user may not read ${rule}; drop the rule, or name ${rule} under allowCascade once it has a policy`
    : null;
}

/** Null where the user may not ask. */
async function foreignKeys(session: Session, { database, table }: TableName): Promise<string[] | null> {
  try {
    return (await actingForeignKeys(session, database, table)).map(({ from }) => from);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ER_SPECIFIC_ACCESS_DENIED_ERROR') return null;
    throw error;
  }
}
