import type { Connection, ResultSetHeader, RowDataPacket } from 'mysql2';
import { connect } from './connect.ts';
import { Liveness } from './liveness.ts';
import { pinSession } from './pinSession.ts';
import { addressOf, type Flavor, type Isolation, type ServerAddress } from './server.ts';
import { currentSessionScope } from './sessionScope.ts';

export type { Flavor, Isolation, ServerAddress } from './server.ts';

/** This process's open connections, by host:port. */
const openIds = new Map<string, Set<number>>();

/** The server's own ids of this process's open connections to it: who measures its load doesn't count itself (P44). */
export function ownConnectionIds(address: Pick<ServerAddress, 'host' | 'port'>): number[] {
  return [...(openIds.get(addressOf(address)) ?? [])];
}

/** Time to send COM_QUIT. Nobody waits for a server that may be dead. */
const goodbyeMillis = 20;
/** A piece of work that was cancelled may end its statement, so that a chunk isn't rolled back for nothing. */
const lastMillis = 10_000;

/**
 * A connection whose session is pinned: what a statement means doesn't depend on the server's settings. No statement on
 * it waits for ever: a connection that has lost its server is found out and given up.
 */
export class Session {
  readonly #forget: () => void;
  readonly #liveness: Liveness;

  private constructor(
    readonly connection: Connection,
    readonly address: ServerAddress,
    readonly flavor: Flavor,
    readonly serverVersion: string,
    /** The account's MAX_USER_CONNECTIONS; 0 for none. */
    readonly maxUserConnections: number,
    liveness: Liveness,
    forget: () => void,
  ) {
    this.#liveness = liveness;
    this.#forget = forget;
  }

  /** @throws ServerUnreachable, SessionRefused, ConnectionLost, or the driver's error: ER_ACCESS_DENIED_ERROR, … */
  static async open(address: ServerAddress, isolation: Isolation): Promise<Session> {
    const scope = currentSessionScope();
    scope?.signal.throwIfAborted();
    const connection = await connect(address);
    const liveness = new Liveness(connection, address, scope);
    try {
      const { flavor, serverVersion, id, maxUserConnections } = await liveness.during(() =>
        pinSession(connection, isolation, `${address.user}@${addressOf(address)}`),
      );
      const forgetId = remember(address, id);
      const ended = scope && cutAfter(scope.signal, liveness);
      const forget = () => {
        forgetId();
        ended?.();
        liveness.close();
      };
      connection.on('error', forget);
      return new Session(connection, address, flavor, serverVersion, maxUserConnections, liveness, forget);
    } catch (error) {
      liveness.close();
      connection.destroy();
      throw error;
    }
  }

  async rows<Row = Record<string, string | null>>(sql: string, values: readonly unknown[] = []): Promise<Row[]> {
    const [rows] = await this.during(() => this.connection.promise().query<RowDataPacket[]>(sql, [...values]));
    return rows as Row[];
  }

  /** Runs a statement and gives the number of rows it changed. */
  async execute(sql: string, values: readonly unknown[] = []): Promise<number> {
    const [result] = await this.during(() => this.connection.promise().query<ResultSetHeader>(sql, [...values]));
    return result.affectedRows;
  }

  /** The answer to a statement that `ask` sends, however long it takes while the server is at it. @throws ConnectionLost */
  during<T>(ask: () => Promise<T>): Promise<T> {
    return this.#liveness.during(ask);
  }

  /** Commits what `work` does, rolls back whatever it throws at. */
  async transaction<T>(work: () => Promise<T>): Promise<T> {
    await this.execute('START TRANSACTION');
    try {
      const result = await work();
      await this.execute('COMMIT');
      return result;
    } catch (error) {
      // 1205 alone leaves the transaction open (P70); on a dead connection the server has rolled back by itself.
      await this.execute('ROLLBACK').catch(() => undefined);
      throw error;
    }
  }

  /** Ends the statement under way, from a connection of its own, for other ones may be as busy. Its client gets ER_QUERY_INTERRUPTED. */
  async interrupt(): Promise<void> {
    const other = await Session.open(this.address, 'READ COMMITTED');
    try {
      await other.execute(`KILL QUERY ${this.connection.threadId}`);
    } finally {
      other.close();
    }
  }

  /** Says goodbye, for servers count and log a connection that is just dropped; a statement under way is not waited for. */
  close(): void {
    this.#forget();
    const impatient = setTimeout(() => this.connection.destroy(), goodbyeMillis);
    this.connection.end(() => {
      clearTimeout(impatient);
      this.connection.destroy();
    });
  }
}

/** Counts a connection among the open ones until the returned function is called. */
function remember(address: ServerAddress, id: number): () => void {
  const server = addressOf(address);
  const ids = openIds.get(server) ?? new Set();
  openIds.set(server, ids.add(id));
  return () => ids.delete(id);
}

/** Gives a connection up some seconds after its work was cancelled, unless the returned function is called before. */
function cutAfter(signal: AbortSignal, liveness: Liveness): () => void {
  let timer: NodeJS.Timeout | undefined;
  const begin = () => {
    timer = setTimeout(() => liveness.giveUp('its work was cancelled'), lastMillis);
  };
  signal.addEventListener('abort', begin, { once: true });
  return () => {
    clearTimeout(timer);
    signal.removeEventListener('abort', begin);
  };
}
