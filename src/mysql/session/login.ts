import { readFileSync } from 'node:fs';
import { callService } from '../../aws/callService.ts';
import { awsCredentials } from '../../aws/credentials.ts';
import { presigned } from '../../aws/sign.ts';
import type { ServerAddress } from './server.ts';

/** A user and a password as the server takes them now. */
export interface Login {
  user: string;
  password: string;
}

/** A token is looked at when a connection is opened, and lives fifteen minutes (AWS's manual: "IAM database authentication"). */
const tokenSeconds = 900;

/** By ARN: what the secret held when it was last asked for. */
const secrets = new Map<string, Promise<Login>>();

/** Whether the password may be another by the next time that it is asked for. */
export function mayRotate({ login }: ServerAddress): boolean {
  return login?.kind === 'file' || login?.kind === 'secret';
}

/**
 * What to log in with, for one connection: a token of its own, the file as it is now, or the secret, which is asked for
 * once and again after the server has refused it.
 * @param refused whether the server has just refused what was known
 */
export async function loginOf(address: ServerAddress, refused = false): Promise<Login> {
  const { user, password, login } = address;
  if (login?.kind === 'file') return { user, password: readFileSync(login.path, 'utf8').trimEnd() };
  if (login?.kind === 'iam') return { user, password: await iamToken(address, login.region, new Date()) };
  if (login?.kind === 'secret') return readSecret(login, user, refused);
  return { user, password };
}

/** The token by which a user connects in place of a password: a signed URL without its scheme. */
export async function iamToken(
  { host, port, user }: Pick<ServerAddress, 'host' | 'port' | 'user'>,
  region: string,
  now: Date,
): Promise<string> {
  const url = new URL(`https://${host}:${port}/`);
  url.searchParams.set('Action', 'connect');
  url.searchParams.set('DBUser', user);
  const scope = { region, service: 'rds-db', now };
  const signed = presigned(url, scope, await awsCredentials(region), { seconds: tokenSeconds });
  return signed.href.slice('https://'.length);
}

interface NamedSecret {
  arn: string;
  region: string;
  endpoint?: string | undefined;
}

function readSecret(secret: NamedSecret, user: string, refused: boolean): Promise<Login> {
  const known = refused ? undefined : secrets.get(secret.arn);
  if (known) return known;
  const asked = askForSecret(secret, user);
  secrets.set(secret.arn, asked);
  // A failure isn't remembered.
  asked.catch(() => secrets.delete(secret.arn));
  return asked;
}

/** As RDS writes its secrets: JSON with `username` and `password`; a rotation between two users changes both. */
async function askForSecret({ arn, region, endpoint }: NamedSecret, user: string): Promise<Login> {
  const call = { service: 'secretsmanager', region, target: 'secretsmanager.GetSecretValue', endpoint };
  const { SecretString: text } = await callService(call, { SecretId: arn });
  if (typeof text !== 'string') throw new SecretUnreadable(arn);
  if (!text.startsWith('{')) return { user, password: text };
  const { username, password } = JSON.parse(text) as { username?: unknown; password?: unknown };
  if (typeof password !== 'string') throw new SecretUnreadable(arn);
  return { user: typeof username === 'string' ? username : user, password };
}

/** The secret holds no password in a form that is known. */
export class SecretUnreadable extends Error {
  override readonly name = 'SecretUnreadable';
  constructor(readonly arn: string) {
    super(
      `the secret ${arn} holds no password: it needs JSON with username and password, as RDS writes it, or the password alone`,
    );
  }
}
