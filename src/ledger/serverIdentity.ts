import type { Session } from '../mysql/session.ts';
import type { Ledger } from './ledger.ts';

/** The ledger lies on a server that nobody has accepted: a restored copy, a promoted replica, or the wrong host. */
export class ServerChanged extends Error {
  override readonly name = 'ServerChanged';
  constructor(
    readonly found: string,
    readonly accepted: readonly string[],
  ) {
    super(
      `this server is ${found}, the archive was made from ${accepted.join(' or ')}: a restored or swapped database. After a planned promotion: sediment accept --all --server --reason "…"`,
    );
  }
}

/** What tells a server from its copies: `server_uuid`, and on MariaDB, which has none, its id with its host. */
export async function serverIdentity(session: Session): Promise<string> {
  const [row] = await session.rows(
    session.flavor === 'mysql' ? 'SELECT @@server_uuid AS id' : "SELECT CONCAT(@@server_id, '@', @@hostname) AS id",
  );
  return String(row?.id);
}

/** The first server is written down; any other has to be accepted by a person. @throws ServerChanged */
export async function requireServer(ledger: Ledger): Promise<string> {
  const found = await serverIdentity(ledger.session);
  let accepted = await ledger.servers();
  if (accepted.length === 0) {
    await ledger.acceptServer(found, 'sediment', 'the first server that this ledger was written on');
    accepted = await ledger.servers();
  }
  if (!accepted.includes(found)) throw new ServerChanged(found, accepted);
  return found;
}
