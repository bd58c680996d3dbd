import { type Connection, createConnection, type ResultSetHeader, type RowDataPacket } from 'mysql2';

export type Flavor = 'mysql' | 'mariadb';
export type Isolation = 'REPEATABLE READ' | 'READ COMMITTED';

/** Where a source's server is and who asks. */
export interface ServerAddress {
  host: string;
  port: number;
  user: string;
  password: string;
  /** Verified TLS unless switched off; a CA file's text where the system's own don't do. */
  tls: { ca?: string } | false;
}

/** The sql_mode that every expression of Sediment is written for: backslash escapes on, double quotes are strings. */
const sqlMode = 'STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION';

/** This process's open connections, by host:port. */
const openIds = new Map<string, Set<number>>();

/** The server's own ids of this process's open connections to it: who measures its load doesn't count itself (P44). */
export function ownConnectionIds({ host, port }: Pick<ServerAddress, 'host' | 'port'>): number[] {
  return [...(openIds.get(`${host}:${port}`) ?? [])];
}

/**
 * A worker that was stopped in the middle of a transaction keeps its locks until the server hangs up; the default is
 * eight hours. Longer than any statement of ours leaves another connection of its activity idle.
 */
const idleSeconds = 900;

/** COM_QUIT is with the kernel at once, unless a statement is in its way; a dead server would never answer it. */
const goodbyeMillis = 20;

/** A connection under the pinned session of DESIGN: UTC, utf8mb4, fixed sql_mode, short lock waits, one isolation level. */
export class Session {
  readonly #forget: () => void;

  private constructor(
    readonly connection: Connection,
    readonly address: ServerAddress,
    readonly flavor: Flavor,
    readonly serverVersion: string,
    forget: () => void,
  ) {
    this.#forget = forget;
  }

  /** @throws the driver's error: ECONNREFUSED, ER_ACCESS_DENIED_ERROR, … */
  static async open(address: ServerAddress, isolation: Isolation): Promise<Session> {
    const connection = createConnection({
      host: address.host,
      port: address.port,
      user: address.user,
      password: address.password,
      ...(address.tls === false ? {} : { ssl: { ...address.tls, verifyIdentity: true } }),
      charset: 'utf8mb4_general_ci',
      connectTimeout: 10_000,
      supportBigNumbers: true,
      bigNumberStrings: true,
      dateStrings: true,
      decimalNumbers: false,
      multipleStatements: false,
    });
    // A fatal error reaches the statement in flight; without a listener it would also end the process.
    connection.on('error', () => undefined);
    await new Promise<void>((resolve, reject) => connection.connect((error) => (error ? reject(error) : resolve())));
    const [versions] = await connection
      .promise()
      .query<RowDataPacket[]>('SELECT VERSION() AS version, CONNECTION_ID() AS id');
    const version = String(versions[0]?.version);
    const forget = remember(address, Number(versions[0]?.id));
    connection.on('error', forget);
    const session = new Session(
      connection,
      address,
      version.includes('MariaDB') ? 'mariadb' : 'mysql',
      version,
      forget,
    );
    await session.execute(
      `SET SESSION time_zone = '+00:00', sql_mode = '${sqlMode}', wait_timeout = ${idleSeconds}, lock_wait_timeout = 10, innodb_lock_wait_timeout = 5, group_concat_max_len = 16777216`,
    );
    await session.execute(`SET SESSION TRANSACTION ISOLATION LEVEL ${isolation}`);
    return session;
  }

  async rows<Row = Record<string, string | null>>(sql: string, values: readonly unknown[] = []): Promise<Row[]> {
    const [rows] = await this.connection.promise().query<RowDataPacket[]>(sql, [...values]);
    return rows as Row[];
  }

  /** Runs a statement and gives the number of rows it changed. */
  async execute(sql: string, values: readonly unknown[] = []): Promise<number> {
    const [result] = await this.connection.promise().query<ResultSetHeader>(sql, [...values]);
    return result.affectedRows;
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
function remember({ host, port }: ServerAddress, id: number): () => void {
  const server = `${host}:${port}`;
  const ids = openIds.get(server) ?? new Set();
  openIds.set(server, ids.add(id));
  return () => ids.delete(id);
}
