import { type Connection, type ConnectionOptions, createConnection } from 'mysql2';
import { codeOf } from '../../model/error.ts';
import { errnoOf } from '../errors.ts';
import { type Login, loginOf, mayRotate } from './login.ts';
import { addressOf, type ServerAddress } from './server.ts';

/** The server's address accepts no connection, or closes it before the greeting: the network's error, with the address. */
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
/** TCP keepalive: the kernel probes a peer that has been quiet for so long, and closes the connection if it is gone. */
const keepAliveMillis = 10_000;

/** ER_ACCESS_DENIED_ERROR */
const accessDenied = 1045;

/**
 * A connection with the session variables that the server's globals and its `init_connect` give. A password that the server
 * refuses is asked for once more where it may have been rotated.
 * @throws ServerUnreachable, the server's refusal, or why there is no password
 */
export async function connect(address: ServerAddress): Promise<Connection> {
  const login = await loginOf(address);
  try {
    return await open(address, login);
  } catch (error) {
    if (errnoOf(error) !== accessDenied || !mayRotate(address)) throw error;
    return open(address, await loginOf(address, true));
  }
}

async function open(address: ServerAddress, { user, password }: Login): Promise<Connection> {
  const options: ConnectionOptions = {
    host: address.host,
    port: address.port,
    user,
    password,
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
  // The token goes over TLS as it is.
  if (address.login?.kind === 'iam') options.enableCleartextPlugin = address.tls !== false;
  const connection = createConnection(options);
  // A fatal error reaches the running statement; without a listener it would also end the process.
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
