import { createHash, createHmac } from 'node:crypto';
import { makeClient } from '../s3/client.ts';

/** Glue answered with an error of its own: `kind` is the name that its manual has for it. */
export class GlueRefused extends Error {
  override readonly name = 'GlueRefused';
  constructor(
    readonly kind: string,
    message: string,
  ) {
    super(`glue: ${kind}: ${message}`);
  }
}

interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string | undefined;
}

export interface GlueOptions {
  region: string;
  /** Left out on AWS. */
  endpoint?: string | undefined;
}

const timeoutMillis = 30_000;

/**
 * The few calls of the Glue Data Catalog that `sediment ddl --apply` makes: JSON over HTTP, signed (version 4) with the
 * credentials that the S3 client finds. AWS's own client for Glue would be another 10 MB.
 */
export class GlueClient {
  readonly #region: string;
  readonly #url: URL;
  readonly #credentials: () => Promise<Credentials>;

  constructor({ region, endpoint }: GlueOptions) {
    this.#region = region;
    this.#url = new URL(endpoint ?? `https://glue.${region}.amazonaws.com/`);
    const { config } = makeClient({ region });
    this.#credentials = () => config.credentials();
  }

  /** @throws GlueRefused, and what the network answers */
  async call<Answer>(action: string, input: object): Promise<Answer> {
    const body = JSON.stringify(input);
    const headers = this.#signed(action, body, await this.#credentials());
    const response = await fetch(this.#url, {
      method: 'POST',
      headers,
      body,
      signal: AbortSignal.timeout(timeoutMillis),
    });
    const text = await response.text();
    if (response.ok) return (text === '' ? {} : JSON.parse(text)) as Answer;
    const { kind, message } = refusalOf(text, response.status);
    throw new GlueRefused(kind, message);
  }

  #signed(
    action: string,
    body: string,
    { accessKeyId, secretAccessKey, sessionToken }: Credentials,
  ): Record<string, string> {
    const now = new Date().toISOString().replaceAll(/[-:]|\.\d{3}/g, '');
    const scope = `${now.slice(0, 8)}/${this.#region}/glue/aws4_request`;
    const headers: Record<string, string> = {
      'content-type': 'application/x-amz-json-1.1',
      host: this.#url.host,
      'x-amz-content-sha256': sha256(body),
      'x-amz-date': now,
    };
    if (sessionToken !== undefined) headers['x-amz-security-token'] = sessionToken;
    headers['x-amz-target'] = `AWSGlue.${action}`;
    const names = Object.keys(headers).join(';');
    const lines = Object.entries(headers).map(([name, value]) => `${name}:${value}\n`);
    const request = ['POST', this.#url.pathname, '', lines.join(''), names, sha256(body)].join('\n');
    const dated = hmac(`AWS4${secretAccessKey}`, now.slice(0, 8));
    const key = hmac(hmac(hmac(dated, this.#region), 'glue'), 'aws4_request');
    const signature = hmac(key, ['AWS4-HMAC-SHA256', now, scope, sha256(request)].join('\n')).toString('hex');
    headers.authorization = `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`;
    return headers;
  }
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();

function refusalOf(text: string, status: number): { kind: string; message: string } {
  try {
    const { __type: type = '', Message, message = Message } = JSON.parse(text) as Record<string, string>;
    return { kind: type.split('#').at(-1) || `HTTP ${status}`, message: message ?? text };
  } catch {
    return { kind: `HTTP ${status}`, message: text.slice(0, 200) };
  }
}
