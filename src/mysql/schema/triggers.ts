import type { TableName } from '../../model/tableName.ts';
import type { Session } from '../session.ts';
import { missingRights, readGrants } from './grants.ts';

/**
 * MySQL doesn't show a table's triggers to a user without TRIGGER: one that can't be seen can't be refused, and would
 * delete what nobody archived (P48). MariaDB shows them to whoever sees the table.
 *
 * @returns why the table is refused, or null
 */
export async function hiddenTriggers(session: Session, table: TableName): Promise<string | null> {
  if (session.flavor !== 'mysql') return null;
  const unseen = missingRights([{ rights: ['TRIGGER'], ...table }], await readGrants(session));
  if (unseen.length === 0) return null;
  return 'the user may not see its triggers, so a delete trigger could not be refused; GRANT TRIGGER, as sediment doctor --grants prints it';
}
