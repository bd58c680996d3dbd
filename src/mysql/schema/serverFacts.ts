import { isUnknownVariable } from '../errors.ts';
import type { Session } from '../session/session.ts';

/** Facts about a server that a run depends on. */
export interface ServerFacts {
  /** `MySQL 8.4.3`, `MariaDB 10.11.6`, `Aurora MySQL 3.08.0 (8.0.39)` */
  what: string;
  aurora: boolean;
  readOnly: boolean;
  binaryLog: boolean;
  binlogFormat: string;
  /** The most connections that the user may have at once; 0 if the account has no limit. */
  maxUserConnections: number;
  /** Seconds that the server's clock is ahead of this machine's. */
  clockAheadSeconds: number;
}

export async function readServerFacts(session: Session): Promise<ServerFacts> {
  const before = Date.now();
  const [clock] = await session.rows('SELECT UNIX_TIMESTAMP(UTC_TIMESTAMP(6)) AS seconds');
  // The server read its clock about half way through the round trip.
  const here = (before + Date.now()) / 2000;
  const [row] = await session.rows(
    `SELECT @@innodb_read_only + @@global.read_only AS readOnly, @@log_bin AS binaryLog, @@session.binlog_format AS binlogFormat`,
  );
  const aurora = await auroraVersion(session);
  const version = session.serverVersion.replace(/-MariaDB.*$/, '');
  return {
    what: aurora
      ? `Aurora MySQL ${aurora} (${version})`
      : `${session.flavor === 'mariadb' ? 'MariaDB' : 'MySQL'} ${version}`,
    aurora: aurora !== null,
    readOnly: Number(row?.readOnly) > 0,
    binaryLog: Number(row?.binaryLog) === 1,
    binlogFormat: String(row?.binlogFormat),
    maxUserConnections: session.maxUserConnections,
    clockAheadSeconds: Number(clock?.seconds) - here,
  };
}

/** Null on any other server: the variable exists on Aurora only. */
async function auroraVersion(session: Session): Promise<string | null> {
  try {
    const [row] = await session.rows('SELECT @@aurora_version AS version');
    return String(row?.version);
  } catch (error) {
    if (isUnknownVariable(error)) return null;
    throw error;
  }
}
