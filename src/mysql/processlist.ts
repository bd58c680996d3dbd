import { errnoOf } from './errors.ts';

/** A connection, as the server sees it. */
export interface ServerThread {
  id: number;
  user: string;
  /** `Sleep` where it waits for a statement. */
  command: string;
  /** The statement that it runs; empty for none. */
  statement: string;
}

type Ask = (sql: string, values: readonly unknown[]) => Promise<Record<string, unknown>[]>;

/** ER_CANNOT_CONVERT_STRING */
const cannotConvert = 3854;

/**
 * The threads with these connection ids; every account sees its own. MySQL's information_schema fails while any
 * session runs a statement with a four-byte character, because it shows all statements in utf8mb3
 * (pitfall P105); performance_schema has the same list in utf8mb4.
 * @throws the server's error if neither answers
 */
export async function serverThreads(ask: Ask, ids: readonly number[]): Promise<ServerThread[]> {
  const columns = 'ID AS id, USER AS user, COMMAND AS command, INFO AS statement';
  let rows: Record<string, unknown>[];
  try {
    rows = await ask(`SELECT ${columns} FROM information_schema.PROCESSLIST WHERE ID IN (?)`, [ids]);
  } catch (error) {
    if (errnoOf(error) !== cannotConvert) throw error;
    rows = await ask(`SELECT ${columns} FROM performance_schema.processlist WHERE ID IN (?)`, [ids]);
    // If performance_schema is off, its list is empty and proves nothing.
    if (rows.length === 0) throw error;
  }
  return rows.map(({ id, user, command, statement }) => {
    return { id: Number(id), user: String(user), command: String(command), statement: String(statement ?? '') };
  });
}
