import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Session } from '../src/mysql/session/session.ts';
import { type SqlServer, startMysql } from '../stack/mysql.ts';
import type { Server } from '../stack/process.ts';
import type { Stage } from './stage.ts';

/** A second MySQL that follows the stage's own by its binary log. */
export interface Replica {
  mysql: SqlServer;
  session: Session;
  /** Resolves once it has applied all that the source has committed by now. */
  caughtUp(): Promise<void>;
  stop(): Promise<void>;
}

export async function startReplica(stage: Pick<Stage, 'folder' | 'mysql' | 'session'>): Promise<Replica> {
  const folder = join(stage.folder, 'replica');
  mkdirSync(folder);
  const servers: Server[] = [];
  const mysql = await startMysql(folder, (server) => servers.push(server), { serverId: 2 });
  const { host, port, user, password } = mysql;
  const session = await Session.open({ host, port, user, password, tls: false }, 'READ COMMITTED');
  await session.execute(
    `CHANGE REPLICATION SOURCE TO SOURCE_HOST = '127.0.0.1', SOURCE_PORT = ${stage.mysql.port}, SOURCE_USER ` +
      `= 'root', SOURCE_PASSWORD = '', SOURCE_AUTO_POSITION = 1, GET_SOURCE_PUBLIC_KEY = 1`,
  );
  await session.execute('START REPLICA');
  return {
    mysql,
    session,
    async caughtUp() {
      const [row] = await stage.session.rows('SELECT @@global.gtid_executed AS executed');
      const [waited] = await session.rows('SELECT WAIT_FOR_EXECUTED_GTID_SET(?, 120) AS late', [row?.executed]);
      if (Number(waited?.late) !== 0) throw new Error('the replica is more than two minutes behind');
    },
    async stop() {
      await Promise.all(servers.map((server) => server.stop()));
    },
  };
}
