import { readFileSync } from 'node:fs';
import type { ConfigFile } from './schema.ts';

/** How to reach the MySQL server. Holds the password: never log it, never let it travel in a payload. */
export interface SourceConfig {
  name: string;
  host: string;
  port: number;
  user: string;
  password: string;
  /** False for none; else verified, by `ca` (PEM text) where one is given. */
  tls: { ca?: string } | false;
  /** The schema of Sediment's own tables. */
  ledger: string;
  /** Watched for lag. */
  replicas: ReplicaConfig[];
}

/** How to reach a replica. Holds the password, like the source. */
export interface ReplicaConfig {
  /** As people call it: its host, with the port where that isn't 3306. */
  name: string;
  host: string;
  port: number;
  user: string;
  password: string;
  tls: { ca?: string } | false;
}

/** Takes a complaint about one key of `source`. */
export type Complain = (key: readonly (string | number)[], message: string) => void;

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
  const { host, port } = placeOf(url);
  const user = decodeURIComponent(url.username);
  const password = file.passwordFile
    ? read(file.passwordFile, ['passwordFile'], complain).trimEnd()
    : (file.password ?? decodeURIComponent(url.password));
  const replicas = (file.replicas ?? []).map((text, index): ReplicaConfig => {
    const own = new URL(text);
    const place = placeOf(own);
    const name = place.port === 3306 ? place.host : `${place.host}:${place.port}`;
    if (place.host === host && place.port === port)
      complain(['replicas', index], 'is the source itself, which has no lag to watch. Leave it out.');
    const asked = decodeURIComponent(own.username) || user;
    // The source's own user has the source's password there too, unless the address says otherwise.
    const secret = asked === user && !own.password ? password : decodeURIComponent(own.password);
    return { name, ...place, user: asked, password: secret, tls: tls(place.host) };
  });
  return { name: file.name, host, port, user, password, tls: tls(host), ledger: file.ledger ?? 'sediment', replicas };
}

function placeOf(url: URL): { host: string; port: number } {
  return { host: url.hostname.replace(/^\[(.*)\]$/, '$1'), port: Number(url.port || 3306) };
}

function read(path: string, key: readonly string[], complain: Complain): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? ` (${error.code})` : '';
    complain(key, `${path} can't be read${code}. Name a file that this user may read.`);
    return '';
  }
}
