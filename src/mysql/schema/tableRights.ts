import type { TableName } from '../../model/tableName.ts';
import type { Session } from '../session/session.ts';
import { hasRight, readGrants } from './grants.ts';

/** What the user may do with a table by its present grants. */
export interface TableRights {
  /** Which of SELECT and DELETE it lacks on the whole table. */
  lacking: readonly string[];
  /** Whether the user sees the table's triggers: on MySQL with TRIGGER, on MariaDB with any right on the table. */
  seesTriggers: boolean;
  /** Whether it may read InnoDB's list of foreign keys. */
  seesForeignKeys: boolean;
  /** Whether roles are granted: an inactive one may hold what is missing. */
  roles: boolean;
}

export async function readTableRights(session: Session, { database, table }: TableName): Promise<TableRights> {
  const granted = await readGrants(session);
  return {
    lacking: ['SELECT', 'DELETE'].filter((right) => !hasRight(granted, right, database, table)),
    seesTriggers: session.flavor === 'mariadb' || hasRight(granted, 'TRIGGER', database, table),
    seesForeignKeys: hasRight(granted, 'PROCESS', null, null),
    roles: granted.roles,
  };
}
