import type { Connection, RowDataPacket } from 'mysql2';
import { messageOf } from '../../model/error.ts';
import { serverThreads } from '../processlist.ts';
import { connect } from './connect.ts';
import { addressOf, type ServerAddress, serverExpression } from './server.ts';
import type { SessionScope } from './sessionScope.ts';

/** The server no longer answers on this connection, or no longer knows it. Whether its last statement was committed, the ledger shows. */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost';
  /** The driver's code for a connection that ended. */
  readonly code = 'PROTOCOL_CONNECTION_LOST';
  constructor(
    readonly address: string,
    readonly reason: string,
  ) {
    super(`mysql: the connection to ${address} was given up: ${reason}`);
  }
}

const silenceMillis = 30_000;
/** One look isn't enough, because an answer may be on its way, or the server may be slow to accept a connection. */
const looksBeforeLost = 2;

/**
 * Watches one connection. TCP doesn't notice a peer that acknowledges but never answers, such as a proxy that
 * has lost its server, and a statement may run for hours. So if a statement has had no answer for a while, the server is
 * asked from another connection whether it still runs it. A connection without a statement is pinged, because the server closes
 * one that is idle for too long, for example while its owner reads from S3.
 */
export class Liveness {
  readonly #lost: Promise<never>;
  #lose: (error: Error) => void = () => undefined;
  readonly #timer: NodeJS.Timeout;
  readonly #millis: number;
  #quietSince = performance.now();
  #lastPingAt = 0;
  #busy = false;
  #misses = 0;
  #closed = false;
  /** The server's identity from `pinSession`: a connection's id means nothing on another server. */
  server: string | undefined;

  constructor(
    readonly connection: Connection,
    readonly address: ServerAddress,
    readonly scope: SessionScope | undefined,
  ) {
    this.#millis = address.silenceMillis ?? silenceMillis;
    this.#lost = new Promise<never>((_, reject) => {
      this.#lose = reject;
    });
    this.#lost.catch(() => undefined);
    this.#timer = setInterval(() => void this.#tick(), Math.max(10, this.#millis / 3)).unref();
  }

  /**
   * @param deadlineMillis the longest that the statement may take even while the server works on it; undefined for no limit
   * @throws ConnectionLost, and what `ask` throws
   */
  async during<T>(ask: () => Promise<T>, deadlineMillis?: number): Promise<T> {
    if (this.#lastPingAt++ === 0) this.#heard();
    const deadline =
      deadlineMillis === undefined
        ? undefined
        : setTimeout(
            () => this.giveUp(`no answer within ${deadlineMillis / 1000} s to a statement that takes milliseconds`),
            deadlineMillis,
          );
    try {
      return await Promise.race([ask(), this.#lost]);
    } finally {
      clearTimeout(deadline);
      this.#lastPingAt--;
      this.#heard();
    }
  }

  /**
   * Cuts the connection; its waiting caller gets ConnectionLost. Also kills it on the server if that can be reached, which
   * would otherwise keep running the statement and holding its locks.
   */
  giveUp(reason: string): void {
    if (this.#closed) return;
    this.close();
    this.#lose(new ConnectionLost(addressOf(this.address), reason));
    this.connection.destroy();
    void within(this.#endOnServer(), this.#millis);
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#timer);
  }

  #heard(): void {
    this.#quietSince = performance.now();
    this.#misses = 0;
  }

  async #tick(): Promise<void> {
    const quiet = performance.now() - this.#quietSince;
    if (this.#busy || this.#closed || quiet < this.#millis) return;
    this.#busy = true;
    try {
      if (this.#lastPingAt === 0) await this.#ping();
      else await this.#look();
    } finally {
      this.#busy = false;
    }
  }

  async #ping(): Promise<void> {
    const answered = new Promise<void>((resolve, reject) =>
      this.connection.ping((error) => (error ? reject(error) : resolve())),
    );
    const before = this.#quietSince;
    const failure = await within(answered, this.#millis);
    if (this.#closed || this.#quietSince !== before) return;
    if (failure) this.giveUp(`a ping had no answer (${failure})`);
    else this.#heard();
  }

  /** Asks over another connection what the server does for this one. */
  async #look(): Promise<void> {
    const before = this.#quietSince;
    let state = '';
    const failure = await within(
      this.#stateOnServer().then((found) => {
        state = found;
      }),
      this.#millis,
    );
    // The answer arrived in the meantime.
    if (this.#closed || this.#quietSince !== before) return;
    if (!failure && state === 'at work') {
      this.#misses = 0;
      this.scope?.alive(Math.round((performance.now() - before) / 1000));
      return;
    }
    this.#misses++;
    const seconds = Math.round((performance.now() - before) / 1000);
    if (this.#misses >= looksBeforeLost)
      this.giveUp(
        `no answer for ${seconds} s, and ${failure ? `the server can't be asked (${failure})` : `the server ${state}`}`,
      );
  }

  async #endOnServer(): Promise<void> {
    const { server, address } = this;
    const id = this.connection.threadId;
    if (server === undefined || !id) return;
    const other = await connect(address);
    try {
      const [found] = await ask(other, `SELECT ${serverExpression} AS server`, []);
      const [thread] = await serverThreads((sql, values) => ask(other, sql, values), [id]);
      // After a failover the id belongs to another client's connection.
      if (String(found?.server) !== server || thread?.user !== address.user) return;
      await other.promise().query(`KILL CONNECTION ${id}`);
    } finally {
      other.destroy();
    }
  }

  async #stateOnServer(): Promise<string> {
    const other = await connect(this.address);
    try {
      const [thread] = await serverThreads((sql, values) => ask(other, sql, values), [this.connection.threadId]);
      const command = thread?.command;
      if (command === undefined) return 'no longer knows the connection';
      return command === 'Sleep' ? 'has answered long ago' : 'at work';
    } finally {
      other.destroy();
    }
  }
}

async function ask(connection: Connection, sql: string, values: readonly unknown[]): Promise<RowDataPacket[]> {
  const [rows] = await connection.promise().query<RowDataPacket[]>(sql, [...values]);
  return rows;
}

/** Why a promise wasn't fulfilled in time, in words. */
async function within(work: Promise<void>, millis: number): Promise<string | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`no answer within ${millis / 1000} s`), millis);
  });
  try {
    return await Promise.race([work.then(() => undefined, messageOf), late]);
  } finally {
    clearTimeout(timer);
  }
}
