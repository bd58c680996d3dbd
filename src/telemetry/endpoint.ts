import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { messageOf } from '../model/error.ts';
import type { Readiness } from './readiness.ts';

/** The endpoint's address can't be bound. */
export class MetricsUnbound extends Error {
  override readonly name = 'MetricsUnbound';
  constructor(
    readonly bind: string,
    cause: unknown,
  ) {
    super(
      `metrics: ${bind} can't be bound (${messageOf(cause)}). Name another by metrics.bind or SEDIMENT_METRICS, or leave both out for none.`,
      { cause },
    );
  }
}

/** What a worker answers over HTTP, and where Temporal's native core shall serve its metrics. */
export interface Endpoint {
  /** Where it listens, with the port that it was given for port 0. */
  address: string;
  /** On the loopback, for the core alone: `/metrics` here is handed on from there. */
  metricsAddress: string;
  close(): void;
}

/**
 * Serves `/metrics`, `/livez` and `/readyz` at an address. `/livez` says that the event loop answers; `/readyz` that the
 * servers have answered lately, else 503 with the one that hasn't.
 *
 * @param bind as `127.0.0.1:9464` or `[::]:9464`
 * @throws MetricsUnbound
 */
export async function openEndpoint(bind: string, readiness: Readiness): Promise<Endpoint> {
  const metricsPort = await freePort();
  const server = createServer((incoming, answer) => {
    const path = (incoming.url ?? '').split('?')[0];
    if (path === '/livez') say(answer, 200, 'alive\n');
    else if (path === '/readyz') sayReadiness(answer, readiness);
    else if (path === '/metrics') handOn(metricsPort, incoming, answer);
    else say(answer, 404, 'There are /metrics, /livez and /readyz.\n');
  });
  try {
    await listen(server, bind);
  } catch (cause) {
    throw new MetricsUnbound(bind, cause);
  }
  const { address, family, port } = server.address() as AddressInfo;
  return {
    address: family === 'IPv6' ? `[${address}]:${port}` : `${address}:${port}`,
    metricsAddress: `127.0.0.1:${metricsPort}`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function listen(server: Server, bind: string): Promise<void> {
  const colon = bind.lastIndexOf(':');
  const host = bind.slice(0, colon).replace(/^\[(.*)\]$/, '$1');
  server.listen(Number(bind.slice(colon + 1)), host);
  await once(server, 'listening');
  // The worker's work keeps the process alive, and its end ends the endpoint.
  server.unref();
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

function sayReadiness(answer: ServerResponse, readiness: Readiness): void {
  const servers = readiness.report();
  const ready = servers.every((server) => server.ready);
  const lines = servers.map(({ name, secondsAgo }) =>
    secondsAgo === undefined ? `${name} hasn't answered yet` : `${name} answered ${secondsAgo} s ago`,
  );
  say(answer, ready ? 200 : 503, `${[ready ? 'ready' : 'not ready', ...lines].join('\n')}\n`);
}

function say(answer: ServerResponse, status: number, text: string): void {
  answer.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' }).end(text);
}

/** The core has its own server, which knows no path but this one. */
function handOn(port: number, incoming: IncomingMessage, answer: ServerResponse): void {
  const { accept } = incoming.headers;
  const inner = request({ host: '127.0.0.1', port, path: '/metrics', headers: accept ? { accept } : {} }, (metrics) => {
    answer.writeHead(metrics.statusCode ?? 502, { 'content-type': metrics.headers['content-type'] ?? 'text/plain' });
    metrics.pipe(answer);
  });
  inner.on('error', (error) => {
    if (answer.headersSent) answer.destroy();
    else say(answer, 502, `the metrics can't be read: ${messageOf(error)}\n`);
  });
  answer.on('close', () => inner.destroy());
  inner.end();
}
