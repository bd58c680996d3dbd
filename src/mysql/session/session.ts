import { Readable } from 'node:stream';
import type { Connection, ResultSetHeader, RowDataPacket } from 'mysql2';
import { connect } from './connect.ts';
import { Liveness } from './liveness.ts';
import { type Pinned, pinSession } from './pinSession.ts';
import { addressOf, type Flavor, type Isolation, type ServerAddress } from './server.ts';
import { currentSessionScope, type SessionScope } from './sessionScope.ts';

export type { Flavor, Isolation, ServerAddress } from './server.ts';

/** This process's open connections, by host:port. */
const openIds = new Map<string, Set<number>>();

/** The server's ids of this process's connections, which a measure of its load must not count (pitfall P44: the throttle sees its own load). */
export function ownConnectionIds(address: Pick<ServerAddress, 'host' | 'port'>): number[] {
  return [...(openIds.get(addressOf(address)) ?? [])];
}

/** The time to send COM_QUIT; the server may be dead, so nothing waits longer. */
const goodbyeMillis = 20;
const lastMillis = 10_000;

/**
 * Far more than a statement over a few rows takes, even on a loaded server or one that waits for a replica to acknowledge a
 * COMMIT. Waits for locks end earlier, by `innodb_lock_wait_timeout` and `lock_wait_timeout`.
 */
export const shortMillis = 120_000;

/** Runs statements and waits for their answers. */
export interface Statements {
  rows(sql: string, values?: readonly unknown[]): Promise<Record<string, string | null>[]>;
  execute(sql: string, values?: readonly unknown[]): Promise<number>;
}

/** A connection with its liveness watch and its entries in the lists. */
interface Opened {
  connection: Connection;
  liveness: Liveness;
  forget(): void;
}

/**
 * A connection whose session is pinned: what a statement means doesn't depend on the server's settings. No statement on
 * it waits for ever: a connection that has lost its server is noticed and given up.
 */
export class Session {
  readonly flavor: Flavor;
  readonly serverVersion: string;
  /** The account's MAX_USER_CONNECTIONS; 0 for none. */
  readonly maxUserConnections: number;
  #opened: Opened;

  private constructor(
    opened: Opened,
    pinned: Pinned,
    readonly address: ServerAddress,
    readonly isolation: Isolation,
  ) {
    this.#opened = opened;
    this.flavor = pinned.flavor;
    this.serverVersion = pinned.serverVersion;
    this.maxUserConnections = pinned.maxUserConnections;
  }

  get connection(): Connection {
    return this.#opened.connection;
  }

  /** @throws ServerUnreachable, SessionRefused, ConnectionLost, or the driver's error: ER_ACCESS_DENIED_ERROR, … */
  static async open(address: ServerAddress, isolation: Isolation): Promise<Session> {
    const scope = currentSessionScope();
    scope?.signal.throwIfAborted();
    const connection = await connect(address);
    const liveness = new Liveness(connection, address, scope);
    try {
      const pinned = await liveness.during(() =>
        pinSession(connection, isolation, `${address.user}@${addressOf(address)}`),
      );
      liveness.server = pinned.server;
      const forgetId = remember(address, pinned.id);
      const ended = scope && cutAfter(scope, liveness);
      const forget = () => {
        forgetId();
        ended?.();
        liveness.close();
      };
      connection.on('error', forget);
      return new Session({ connection, liveness, forget }, pinned, address, isolation);
    } catch (error) {
      liveness.close();
      connection.destroy();
      throw error;
    }
  }

  /** @param deadlineMillis as `within` says */
  async rows<Row = Record<string, string | null>>(
    sql: string,
    values: readonly unknown[] = [],
    deadlineMillis?: number,
  ): Promise<Row[]> {
    const ask = () => this.connection.promise().query<RowDataPacket[]>(sql, [...values]);
    const [rows] = await this.#opened.liveness.during(ask, deadlineMillis);
    return rows as Row[];
  }

  /** Runs a statement and gives the number of rows it changed. @param deadlineMillis as `within` says */
  async execute(sql: string, values: readonly unknown[] = [], deadlineMillis?: number): Promise<number> {
    const ask = () => this.connection.promise().query<ResultSetHeader>(sql, [...values]);
    const [result] = await this.#opened.liveness.during(ask, deadlineMillis);
    return result.affectedRows;
  }

  /** Runs a LOAD DATA LOCAL INFILE: whatever file it names, the server gets these bytes. @returns the number of rows it added */
  async load(sql: string, bytes: Buffer): Promise<number> {
    const infileStreamFactory = () => Readable.from(packetsOf(bytes));
    const ask = () => this.connection.promise().query<ResultSetHeader>({ sql, infileStreamFactory });
    const [result] = await this.#opened.liveness.during(ask);
    return result.affectedRows;
  }

  /** The same session with a deadline per statement, for statements that take milliseconds. A server that takes longer is hung. */
  within(millis: number): Statements {
    return {
      rows: (sql, values) => this.rows(sql, values, millis),
      execute: (sql, values) => this.execute(sql, values, millis),
    };
  }

  /** The answer to a statement that `ask` sends; waits as long as the server works on it. @throws ConnectionLost */
  during<T>(ask: () => Promise<T>): Promise<T> {
    return this.#opened.liveness.during(ask);
  }

  /**
   * Opens the connection again if it was lost while idle. Only for places where the session has no state that matters: no
   * open transaction, no lock, no variable beyond the pinned ones. Whether another attempt took over meanwhile, the epoch shows.
   * @throws as `open` does
   */
  async revive(): Promise<void> {
    try {
      await this.execute('DO 0', [], shortMillis);
    } catch {
      const fresh = await Session.open(this.address, this.isolation);
      this.#opened.forget();
      this.#opened.connection.destroy();
      this.#opened = fresh.#opened;
    }
  }

  /** Commits what `work` does; rolls back if it throws. */
  async transaction<T>(work: () => Promise<T>): Promise<T> {
    await this.execute('START TRANSACTION', [], shortMillis);
    try {
      const result = await work();
      await this.execute('COMMIT', [], shortMillis);
      return result;
    } catch (error) {
      // After 1205 the transaction is still open (pitfall P70). On a dead connection the server rolls back by itself.
      await this.execute('ROLLBACK', [], shortMillis).catch(() => undefined);
      throw error;
    }
  }

  /** Closes with COM_QUIT, because servers count and log dropped connections. Doesn't wait for a running statement. */
  close(): void {
    this.#opened.forget();
    const impatient = setTimeout(() => this.connection.destroy(), goodbyeMillis);
    this.connection.end(() => {
      clearTimeout(impatient);
      this.connection.destroy();
    });
  }
}

/** Far below any server's max_allowed_packet. */
const packetBytes = 256 << 10;

function* packetsOf(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += packetBytes) yield bytes.subarray(at, at + packetBytes);
}

/** Counts a connection among the open ones until the returned function is called. */
function remember(address: ServerAddress, id: number): () => void {
  const server = addressOf(address);
  const ids = openIds.get(server) ?? new Set();
  openIds.set(server, ids.add(id));
  return () => ids.delete(id);
}

/** Gives a connection up some seconds after its work was cancelled, unless the returned function is called before. */
function cutAfter(scope: SessionScope, liveness: Liveness): () => void {
  const { signal } = scope;
  let timer: NodeJS.Timeout | undefined;
  const begin = () => {
    timer = setTimeout(() => liveness.giveUp('its work was cancelled'), scope.lastMillis ?? lastMillis);
  };
  signal.addEventListener('abort', begin, { once: true });
  return () => {
    clearTimeout(timer);
    signal.removeEventListener('abort', begin);
  };
}
