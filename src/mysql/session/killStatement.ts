import { serverThreads } from '../processlist.ts';
import { Session } from './session.ts';
import { outsideSessionScope } from './sessionScope.ts';

/**
 * Ends the statement that a session is running, from another connection, if it is still that one: after a failover the
 * same id may be another client's. Of a procedure, the server's list shows the CALL or the statement inside it.
 * @param marks one of which the statement's text contains, in its first kilobyte: the server may show no more
 * @returns whether it was ended
 */
export async function killStatement(session: Session, marks: readonly string[]): Promise<boolean> {
  const id = session.connection.threadId;
  // The scope of the attempt may be over: that is why its statement is ended.
  return outsideSessionScope(async () => {
    const other = await Session.open(session.address, 'READ COMMITTED');
    try {
      const [thread] = await serverThreads((sql, values) => other.rows(sql, values), [id]);
      if (!thread || !marks.some((mark) => thread.statement.includes(mark))) return false;
      await other.execute(`KILL QUERY ${id}`);
      return true;
    } finally {
      other.close();
    }
  });
}
