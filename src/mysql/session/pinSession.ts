import type { Connection, RowDataPacket } from 'mysql2';
import { errnoOf } from '../errors.ts';
import { type Flavor, type Isolation, serverExpression } from './server.ts';
import { type PinnedVariable, pinnedVariables } from './sessionVariables.ts';

/** The server's settings change what Sediment's statements mean, and its user may not change them for its own session. */
export class SessionRefused extends Error {
  override readonly name = 'SessionRefused';
  constructor(
    readonly variable: string,
    readonly found: string,
    readonly needed: string,
  ) {
    super(
      `mysql: a session begins with ${variable} = ${found}, and this user may not set it to ${needed}. On the ` +
        `server: SET GLOBAL ${variable} = ${needed}, and look at init_connect`,
    );
  }
}

/** What is known about a session once its variables are pinned. */
export interface Pinned {
  flavor: Flavor;
  serverVersion: string;
  /** The server's own id of the connection. */
  id: number;
  /** Identifies the server, as `serverExpression` does. */
  server: string;
  /** The account's MAX_USER_CONNECTIONS; 0 for none. */
  maxUserConnections: number;
}

/** By user@host:port: the variables that the server doesn't have, and those that this user may not set. Found out once. */
const unknownNames = new Map<string, Set<string>>();
const deniedNames = new Map<string, Set<string>>();

const unknownVariable = 1193;
const accessDenied = 1227;
/** ER_NEW_ABORTING_CONNECTION */
const abortedConnection = 1184;

/** Undoes what `init_connect` did, then pins every variable that changes a statement. @throws SessionRefused, or the driver's error */
export async function pinSession(connection: Connection, isolation: Isolation, account: string): Promise<Pinned> {
  const limit = await accountLimit(connection);
  await new Promise<void>((resolve, reject) => connection.reset((error) => (error ? reject(error) : resolve())));
  // First and alone, because the literals of a statement are read in the charset in force when it arrives.
  await setAll(connection, pinnedVariables.filter(isCharset), account);
  // Before any SELECT, because `sql_select_limit = 0` would leave it without an answer.
  await setAll(
    connection,
    pinnedVariables.filter((each) => each.on === undefined && !isCharset(each)),
    account,
  );
  const facts = `SELECT VERSION() AS version, CONNECTION_ID() AS id, ${serverExpression} AS server`;
  const { version, id, server } = (await first(connection, facts)) ?? {};
  const serverVersion = String(version);
  const flavor = serverVersion.includes('MariaDB') ? 'mariadb' : 'mysql';
  await setAll(
    connection,
    pinnedVariables.filter(({ on }) => on === flavor),
    account,
  );
  await run(connection, `SET SESSION TRANSACTION ISOLATION LEVEL ${isolation}, READ WRITE`);
  await requireDenied(connection, account);
  return {
    flavor,
    serverVersion,
    id: Number(id),
    server: String(server),
    maxUserConnections: Number(limit?.connections ?? 0),
  };
}

/**
 * Read first, because on MariaDB the reset sets the account's limit to the global one. If an init_connect has
 * made this impossible, no answer counts as no limit.
 * @throws the server's error if init_connect failed, which ends the connection at the first statement
 */
async function accountLimit(connection: Connection): Promise<Record<string, unknown> | undefined> {
  try {
    return await first(connection, 'SELECT @@session.max_user_connections AS connections');
  } catch (error) {
    if (errnoOf(error) === undefined || errnoOf(error) === abortedConnection) throw error;
    return undefined;
  }
}

function isCharset({ name }: PinnedVariable): boolean {
  return /^(character_set|collation)_/.test(name);
}

/** In one statement if this user may set them all. A name that the server doesn't know is left out from then on. */
async function setAll(connection: Connection, variables: readonly PinnedVariable[], account: string): Promise<void> {
  const settable = variables.filter(
    ({ name }) => !has(unknownNames, account, name) && !has(deniedNames, account, name),
  );
  if (settable.length === 0) return;
  try {
    await run(connection, `SET SESSION ${settable.map(({ name, value }) => `${name} = ${value}`).join(', ')}`);
  } catch (error) {
    const [only, ...others] = settable;
    if (errnoOf(error) !== unknownVariable && errnoOf(error) !== accessDenied) throw error;
    if (only && others.length === 0) {
      note(errnoOf(error) === unknownVariable ? unknownNames : deniedNames, account, only.name);
      return;
    }
    // The server set none of them, and its error doesn't always name the variable.
    for (const each of settable) await setAll(connection, [each], account);
  }
}

/** A variable that this user may not set must have the right value already. */
async function requireDenied(connection: Connection, account: string): Promise<void> {
  const denied = pinnedVariables.filter(({ name }) => has(deniedNames, account, name));
  if (denied.length === 0) return;
  const names = denied.map(({ name }) => `@@session.${name} AS ${name}`);
  const found = await first(connection, `SELECT ${names.join(', ')}`);
  for (const { name, value } of denied) {
    const actual = String(found?.[name]);
    if (actual !== value.replaceAll("'", '')) throw new SessionRefused(name, actual, value);
  }
}

function has(names: Map<string, Set<string>>, account: string, name: string): boolean {
  return names.get(account)?.has(name) ?? false;
}

function note(names: Map<string, Set<string>>, account: string, name: string): void {
  names.set(account, (names.get(account) ?? new Set()).add(name));
}

async function run(connection: Connection, sql: string): Promise<void> {
  await connection.promise().query(sql);
}

async function first(connection: Connection, sql: string): Promise<Record<string, unknown> | undefined> {
  const [rows] = await connection.promise().query<RowDataPacket[]>(sql);
  return rows[0];
}
