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
}

/** Takes a complaint about one key of `source`. */
export type Complain = (key: readonly string[], message: string) => void;

export function resolveSource(file: ConfigFile['source'], complain: Complain): SourceConfig {
  const url = new URL(file.url);
  const given = [url.password && 'url', file.password !== undefined && 'password', file.passwordFile && 'passwordFile'];
  const [, second] = given.filter((key) => typeof key === 'string' && key !== '');
  if (second) complain([String(second)], 'is a second password. Keep one of the url’s, password and passwordFile.');
  if (file.tls?.off && file.tls.ca) complain(['tls', 'ca'], 'can’t be used with off: true. Keep one of them.');
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const unneeded = file.tls === undefined && ['127.0.0.1', 'localhost'].includes(host);
  return {
    name: file.name,
    host,
    port: Number(url.port || 3306),
    user: decodeURIComponent(url.username),
    password: file.passwordFile
      ? read(file.passwordFile, ['passwordFile'], complain).trimEnd()
      : (file.password ?? decodeURIComponent(url.password)),
    tls: file.tls?.off || unneeded ? false : file.tls?.ca ? { ca: read(file.tls.ca, ['tls', 'ca'], complain) } : {},
    ledger: file.ledger ?? 'sediment',
  };
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
