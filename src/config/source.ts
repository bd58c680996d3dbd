import { readFileSync } from 'node:fs';
import { codeOf, messageOf } from '../model/error.ts';
import type { ConfigFile } from './schema.ts';

/** How to connect to the MySQL server. It holds the password: never log it, never put it into a payload. */
export interface SourceConfig {
  name: string;
  host: string;
  port: number;
  user: string;
  password: string;
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
  tls: { ca?: string } | false;
}

/** Reports a problem with one key of `source`. */
type Complain = (key: readonly (string | number)[], message: string) => void;

/** The source of the config with password and certificates read from their files. */
export function resolveSource(file: ConfigFile['source'], complain: Complain): SourceConfig {
  const url = new URL(file.url);
  const given = [url.password && 'url', file.password !== undefined && 'password', file.passwordFile && 'passwordFile'];
  const [, second] = given.filter((key) => typeof key === 'string' && key !== '');
  if (second) complain([String(second)], 'is a second password. Keep one of the url’s, password and passwordFile.');
  if (file.tls?.off && file.tls.ca) complain(['tls', 'ca'], 'can’t be used with off: true. Keep one of them.');
  const ca = file.tls?.ca && !file.tls.off ? { ca: read(file.tls.ca, ['tls', 'ca'], complain) } : {};
  const tls = (host: string) => {
    const unneeded = file.tls === undefined && ['127.0.0.1', 'localhost'].includes(host);
    return file.tls?.off || unneeded ? (false as const) : ca;
  };
  const { host, port } = addressOf(url);
  const user = decodeURIComponent(url.username);
  const password = file.passwordFile
    ? read(file.passwordFile, ['passwordFile'], complain).trimEnd()
    : (file.password ?? decodeURIComponent(url.password));
  const replicaOf = (text: string, isSource: () => void): ReplicaConfig => {
    const own = new URL(text);
    const address = addressOf(own);
    const name = address.port === 3306 ? address.host : `${address.host}:${address.port}`;
    if (address.host === host && address.port === port) isSource();
    const replicaUser = decodeURIComponent(own.username) || user;
    // The source's user has the source's password on a replica too, unless the URL has another.
    const secret = replicaUser === user && !own.password ? password : decodeURIComponent(own.password);
    return { name, ...address, user: replicaUser, password: secret, tls: tls(address.host) };
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
  const { allowReplica } = file;
  return { name: file.name, host, port, user, password, tls: tls(host), ledger, replicas, exportReplica, allowReplica };
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
