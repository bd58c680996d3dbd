import { Stopped } from '../job/attempt.ts';
import { formatTableName, type TableName } from '../model/tableName.ts';
import { lacksPrivilege } from '../mysql/errors.ts';
import type { Session } from '../mysql/session/session.ts';

/**
 * Has the binary log hold the keys of the rows that this session deletes, and nothing else of them.
 * @throws Stopped without the right to
 */
export async function logKeysAlone(session: Session, table: TableName): Promise<void> {
  try {
    await session.execute("SET SESSION binlog_row_image = 'MINIMAL'");
  } catch (error) {
    if (!lacksPrivilege(error)) throw error;
    const right = session.flavor === 'mariadb' ? 'BINLOG ADMIN' : 'SESSION_VARIABLES_ADMIN';
    throw new Stopped(
      `${formatTableName(table)}: its policy says binlogRowImage: minimal, which the user may not set ` +
        `(SET SESSION binlog_row_image). GRANT ${right} ON *.* to it, or write binlogRowImage: server`,
    );
  }
}
