import type { RunningServer } from '../archive/claim.ts';
import { identifier } from '../mysql/quote.ts';
import type { Session } from '../mysql/session/session.ts';
import type { Ledger } from './ledger.ts';

export const acceptServerCommand = 'sediment accept --all --server --reason "…"';

/** The ledger lies on a server that nobody has accepted: a restored copy, a clone, a replica that was behind, or the wrong host. */
export class ServerChanged extends Error {
  override readonly name = 'ServerChanged';
  /** The command by which it goes on. */
  readonly command = acceptServerCommand;
  constructor(
    readonly found: string,
    readonly accepted: readonly string[],
    what = 'a restored or swapped database',
  ) {
    const others = accepted.join(' or ');
    super(
      `this server is ${found}, the archive was made from ${others}: ${what}. To go on with ${others}, stop the ` +
        'workers whose source.url leads to this one. To go on with this one, as after a planned promotion, stop the ' +
        `other's workers and say, with this worker's config: ${acceptServerCommand}`,
    );
  }
}

/** Distinguishes a server from its copies: `server_uuid`, or on MariaDB, which has none, its id and its host. */
export async function serverIdentity(session: Session): Promise<string> {
  const [row] = await session.rows(
    session.flavor === 'mysql' ? 'SELECT @@server_uuid AS id' : "SELECT CONCAT(@@server_id, '@', @@hostname) AS id",
  );
  return String(row?.id);
}

/** Identifies the server's process. A copy of its data directory has the same `server_uuid`, but is another process. */
export async function readRunningServer(session: Session): Promise<RunningServer> {
  const [row] = await session.rows(
    'SELECT @@hostname AS host, @@port AS port, @@datadir AS dataFolder, UNIX_TIMESTAMP(UTC_TIMESTAMP()) AS seconds',
  );
  const [uptime] = await session.rows("SHOW GLOBAL STATUS LIKE 'Uptime'");
  const started = (Number(row?.seconds) - Number(uptime?.Value)) * 1000;
  return {
    id: await serverIdentity(session),
    host: String(row?.host),
    port: Number(row?.port),
    dataFolder: String(row?.dataFolder),
    startedAt: new Date(started).toISOString(),
  };
}

/** Records the first server that is seen. @throws ServerChanged for any other that nobody has accepted */
export async function requireAccepted(ledger: Ledger, found: string): Promise<void> {
  let accepted = await ledger.servers();
  if (accepted.length === 0) {
    await ledger.acceptServer(found, 'sediment', 'the first server that this ledger was written on');
    accepted = await ledger.servers();
  }
  if (!accepted.includes(found)) throw new ServerChanged(found, accepted);
}

/** The claims that the ledger knows: the one that is in S3, and one that may be there because a worker died after writing it. */
export interface OwnWords {
  word: string | null;
  pending: string | null;
  /** host:port at which the worker that wrote them reached its server. */
  address: string | null;
}

export async function readWords(ledger: Ledger, locking = false): Promise<OwnWords> {
  const [row] = await ledger.session.rows(
    `SELECT word, pending, address FROM ${identifier(ledger.name)}.claim ${locking ? 'FOR UPDATE' : ''}`,
  );
  return { word: row?.word ?? null, pending: row?.pending ?? null, address: row?.address ?? null };
}

export async function writeWords(ledger: Ledger, { word, pending, address }: OwnWords): Promise<void> {
  await ledger.session.execute(
    `INSERT INTO ${identifier(ledger.name)}.claim (word, pending, address) VALUES (?, ?, ?) ON DUPLICATE KEY UPDATE ` +
      'word = VALUES(word), pending = VALUES(pending), address = VALUES(address)',
    [word, pending, address],
  );
}
