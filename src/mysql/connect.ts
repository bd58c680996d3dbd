import { type Connection, type ConnectionOptions, createConnection } from 'mysql2';
import { codeOf } from '../model/error.ts';
import { addressOf, type ServerAddress } from './server.ts';

/** The server's address takes no connection, or hangs up before it has greeted: the network's word, with the address. */
export class ServerUnreachable extends Error {
  override readonly name = 'ServerUnreachable';
  /** As Node names it: ECONNREFUSED, ECONNRESET, ETIMEDOUT, … */
  readonly code: string;

  constructor(
    readonly address: string,
    cause: Error,
  ) {
    const code = codeOf(cause) ?? cause.name;
    super(`mysql: the server at ${address} can't be reached (${cause.message || code})`, { cause });
    this.code = code;
  }
}

const connectMillis = 10_000;
/** The kernel asks a peer that has been quiet for so long whether it is there, and hangs up if it isn't. */
const keepAliveMillis = 10_000;

/** A connection as the server's globals and its `init_connect` make it. @throws ServerUnreachable, or the server's refusal */
export async function connect(address: ServerAddress): Promise<Connection> {
  const options: ConnectionOptions = {
    host: address.host,
    port: address.port,
    user: address.user,
    password: address.password,
    charset: 'utf8mb4_general_ci',
    connectTimeout: connectMillis,
    enableKeepAlive: true,
    keepAliveInitialDelay: keepAliveMillis,
    supportBigNumbers: true,
    bigNumberStrings: true,
    dateStrings: true,
    decimalNumbers: false,
    multipleStatements: false,
  };
  if (address.tls !== false) options.ssl = { ...address.tls, verifyIdentity: true };
  const connection = createConnection(options);
  // A fatal error reaches the statement in flight; without a listener it would also end the process.
  connection.on('error', () => undefined);
  try {
    await new Promise<void>((resolve, reject) => connection.connect((error) => (error ? reject(error) : resolve())));
  } catch (error) {
    connection.destroy();
    if (error instanceof Error && !('sqlState' in error && error.sqlState))
      throw new ServerUnreachable(addressOf(address), error);
    throw error;
  }
  return connection;
}
