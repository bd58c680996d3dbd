import { Session } from '../mysql/session/session.ts';
import { outsideSessionScope } from '../mysql/session/sessionScope.ts';

/**
 * Ends the statement that a session is running, from another connection, if it is still that one: after a failover the
 * same id may be another client's. Of a procedure, the server's list shows the CALL or the statement inside it.
 * @param marks one of which the statement's text contains
 */
export async function killStatement(session: Session, marks: readonly string[]): Promise<boolean> {
  const id = session.connection.threadId;
  // The scope of the attempt may be over: that is why its statement is ended.
  return outsideSessionScope(async () => {
    const other = await Session.open(session.address, 'READ COMMITTED');
    try {
      const info = await infoOf(other, id);
      if (!marks.some((mark) => info.includes(mark))) return false;
      await other.execute(`KILL QUERY ${id}`);
      return true;
    } finally {
      other.close();
    }
  });
}

/** Every account sees its own threads. @throws the server's error if neither list answers */
async function infoOf(other: Session, id: number): Promise<string> {
  const from = (list: string) => other.rows(`SELECT INFO AS info FROM ${list} WHERE ID = ?`, [id]);
  // MySQL's first list fails while any session runs a statement with a four-byte character (pitfall P105).
  const [thread] = await from('information_schema.PROCESSLIST').catch(() => from('performance_schema.processlist'));
  return String(thread?.info ?? '');
}
