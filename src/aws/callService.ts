import { awsCredentials } from './credentials.ts';
import { signedHeaders } from './sign.ts';

/** The service answered with an error of its own: `kind` is the name that its manual has for it. */
export class ServiceRefused extends Error {
  override readonly name = 'ServiceRefused';
  constructor(
    readonly service: string,
    readonly kind: string,
    message: string,
  ) {
    super(`${service}: ${kind}: ${message}`);
  }
}

/** A call of a service that speaks AWS's JSON. */
export interface Call {
  service: string;
  region: string;
  /** As its header names it: `secretsmanager.GetSecretValue`. */
  target: string;
  /** Left out on AWS. */
  endpoint?: string | undefined;
}

const timeoutMillis = 30_000;

/** @throws ServiceRefused, and what the network answers */
export async function callService(
  { service, region, target, endpoint }: Call,
  input: object,
): Promise<Record<string, unknown>> {
  const url = new URL(endpoint ?? `https://${service}.${region}.amazonaws.com/`);
  const body = JSON.stringify(input);
  const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': target };
  const scope = { region, service, now: new Date() };
  const response = await fetch(url, {
    method: 'POST',
    headers: signedHeaders({ url, body, headers }, scope, await awsCredentials(region)),
    body,
    signal: AbortSignal.timeout(timeoutMillis),
  });
  const text = await response.text();
  const answer = parsed(text);
  if (response.ok) return answer;
  const { __type: type = '', message = answer.Message ?? text } = answer;
  throw new ServiceRefused(service, String(type).split('#').at(-1) || `HTTP ${response.status}`, String(message));
}

function parsed(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
}
