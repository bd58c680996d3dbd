import { createHash, createHmac } from 'node:crypto';
import type { Credentials } from './credentials.ts';

/** For which service and region a request is signed, and when. */
export interface Scope {
  region: string;
  service: string;
  now: Date;
}

/**
 * A URL that is signed by its query (AWS's manual: "Authenticating Requests: Using Query Parameters").
 * @param hash of the body in hex, or UNSIGNED-PAYLOAD; left out: that of an empty one
 */
export function presigned(
  url: URL,
  { region, service, now }: Scope,
  credentials: Credentials,
  { seconds, hash = sha256('') }: { seconds: number; hash?: string },
): URL {
  const at = timestamp(now);
  const scope = `${at.slice(0, 8)}/${region}/${service}/aws4_request`;
  const query = new Map([
    ...url.searchParams,
    ['X-Amz-Algorithm', 'AWS4-HMAC-SHA256'],
    ['X-Amz-Credential', `${credentials.accessKeyId}/${scope}`],
    ['X-Amz-Date', at],
    ['X-Amz-Expires', String(seconds)],
    ['X-Amz-SignedHeaders', 'host'],
  ]);
  if (credentials.sessionToken !== undefined) query.set('X-Amz-Security-Token', credentials.sessionToken);
  const text = [...query]
    .map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
    .sort()
    .join('&');
  const request = ['GET', url.pathname, text, `host:${url.host}\n`, 'host', hash].join('\n');
  const signature = sign(request, { region, service, now }, credentials.secretAccessKey);
  return new URL(`${url.origin}${url.pathname}?${text}&X-Amz-Signature=${signature}`);
}

/** A POST before it is signed; its headers' names in lower case. */
export interface Unsigned {
  url: URL;
  body: string;
  headers: Readonly<Record<string, string>>;
}

/** The headers of a POST with its signature. */
export function signedHeaders(
  { url, body, headers }: Unsigned,
  scope: Scope,
  { accessKeyId, secretAccessKey, sessionToken }: Credentials,
): Record<string, string> {
  const at = timestamp(scope.now);
  const all: Record<string, string> = { ...headers, host: url.host, 'x-amz-date': at };
  if (sessionToken !== undefined) all['x-amz-security-token'] = sessionToken;
  const names = Object.keys(all).sort();
  const lines = names.map((name) => `${name}:${all[name]}\n`).join('');
  const request = ['POST', url.pathname, '', lines, names.join(';'), sha256(body)].join('\n');
  const signature = sign(request, scope, secretAccessKey);
  const within = `${at.slice(0, 8)}/${scope.region}/${scope.service}/aws4_request`;
  all.authorization = `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${within}, SignedHeaders=${names.join(';')}, Signature=${signature}`;
  return all;
}

function sign(request: string, { region, service, now }: Scope, secret: string): string {
  const at = timestamp(now);
  const scope = `${at.slice(0, 8)}/${region}/${service}/aws4_request`;
  const key = hmac(hmac(hmac(hmac(`AWS4${secret}`, at.slice(0, 8)), region), service), 'aws4_request');
  return hmac(key, ['AWS4-HMAC-SHA256', at, scope, sha256(request)].join('\n')).toString('hex');
}

function timestamp(now: Date): string {
  return now.toISOString().replaceAll(/[-:]|\.\d{3}/g, '');
}

/** As version 4 encodes: all but letters, digits and `-._~`. */
function encoded(text: string): string {
  return encodeURIComponent(text).replaceAll(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();
