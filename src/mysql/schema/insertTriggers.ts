import type { TableName } from '../../model/tableName.ts';
import type { Statements } from '../session/session.ts';

/** Triggers that run on each insert, those that the user may see; after an insert in the same transaction none can come. */
export async function insertTriggers(session: Statements, { database, table }: TableName): Promise<string[]> {
  const rows = await session.rows(
    `SELECT TRIGGER_NAME AS name FROM information_schema.TRIGGERS
     WHERE EVENT_OBJECT_SCHEMA = ? AND EVENT_OBJECT_TABLE = ? AND EVENT_MANIPULATION = 'INSERT' ORDER BY name`,
    [database, table],
  );
  return rows.map(({ name }) => String(name));
}
