import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { parseConfig } from '../src/config/load.ts';
import { withLedger } from '../src/ledger/withLedger.ts';
import { stackFolder } from '../stack/fetch.ts';
import { startStack } from '../stack/stack.ts';

/** Seconds of processor time, user and system. */
const goals = { help: 0.3, status: 0.7 };
const rounds = 9;
const root = fileURLToPath(new URL('..', import.meta.url));
const run = promisify(execFile);

interface StartupResult {
  program: string;
  node: string;
  help: number;
  status: number;
}

/** Packs this checkout and installs the package. @returns the path of its bin/sediment.mjs */
async function install(folder: string): Promise<string> {
  await run('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: root });
  const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz')) ?? '';
  writeFileSync(join(folder, 'package.json'), '{ "private": true }');
  await run('npm', ['install', '--no-audit', '--no-fund', `./${tarball}`], { cwd: folder });
  return join(folder, 'node_modules/sediment/bin/sediment.mjs');
}

/** The processor time of one command, its threads included. `status` ends with 1 where no run has opened a table yet. */
async function processorSeconds(node: string, bin: string, args: readonly string[], env: NodeJS.ProcessEnv) {
  const { stdout } = await run(
    'sh',
    ['-c', '"$@" > /dev/null; [ $? -le 1 ] || exit 1; times', 'sh', node, bin, ...args],
    { env },
  );
  const [, children = ''] = stdout.trim().split('\n');
  return [...children.matchAll(/(\d+)m([\d.]+)s/g)].reduce((sum, [, minutes, seconds]) => {
    return sum + Number(minutes) * 60 + Number(seconds);
  }, 0);
}

function median(values: number[]): number {
  return values.sort((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0;
}

/**
 * What commands cost before they do anything: `--help`, and `status` of a table against MySQL and Temporal, by the sources
 * of a checkout and by an installed package. SEDIMENT_BENCH_NODES names further Nodes, SEDIMENT_BENCH_BINS other checkouts'
 * bin/sediment.mjs, each separated by commas.
 */
export const startupBench = {
  rows: 1,
  names: [],
  async survey(_rows: number, _only: readonly string[] | undefined, tell: (line: string) => void) {
    const folder = join(stackFolder, `startup-${process.pid}`);
    const packed = mkdtempSync(join(tmpdir(), 'sediment-startup-'));
    mkdirSync(folder, { recursive: true });
    const stack = await startStack(folder);
    try {
      tell('packs and installs');
      const programs = {
        'a package': await install(packed),
        'the sources by tsx': join(root, 'bin/sediment.mjs'),
        ...Object.fromEntries(listed('SEDIMENT_BENCH_BINS').map((bin) => [bin, bin])),
      };
      const nodes = [process.execPath, ...listed('SEDIMENT_BENCH_NODES')];
      const { mysql, temporal, s3 } = stack.addresses;
      const text = `
source: { name: bench, url: "mysql://${mysql.user}@127.0.0.1:${mysql.port}", ledger: bench_ledger }
store: { bucket: bench, region: ${s3.region}, endpoint: "${s3.endpoint}", forcePathStyle: true }
tables: [{ table: shop.orders, timeColumn: at }]
`;
      const policy = join(folder, 'sediment.yaml');
      writeFileSync(policy, text);
      await withLedger(parseConfig(text, policy, {}).source, (ledger) => ledger.migrate());
      const env = {
        PATH: process.env.PATH,
        HOME: process.env.HOME,
        TEMPORAL_ADDRESS: temporal.address,
        SEDIMENT_CONFIG: policy,
      };
      const results: StartupResult[] = [];
      for (const node of nodes)
        for (const [program, bin] of Object.entries(programs)) {
          const [help, status]: [number[], number[]] = [[], []];
          for (let round = 0; round < rounds; round++) {
            help.push(await processorSeconds(node, bin, ['--help'], env));
            status.push(await processorSeconds(node, bin, ['status'], env));
          }
          const { stdout } = await run(node, ['--version']);
          results.push({ program, node: stdout.trim(), help: median(help), status: median(status) });
          tell(`${program} on ${stdout.trim()}: ${median(help).toFixed(2)} and ${median(status).toFixed(2)} s`);
        }
      const missed = results.flatMap((each) =>
        each.program !== 'a package'
          ? []
          : (['help', 'status'] as const)
              .filter((command) => each[command] > goals[command])
              .map((command) => `${command} on ${each.node}`),
      );
      return { report: { bench: 'startup', goals, results, missed }, text: textOf(results, missed), missed };
    } finally {
      await stack.stop();
      rmSync(packed, { recursive: true, force: true });
    }
  },
};

function listed(variable: string): string[] {
  return (process.env[variable] ?? '').split(',').filter(Boolean);
}

function textOf(results: readonly StartupResult[], missed: readonly string[]): string {
  const lines = results.map(
    ({ program, node, help, status }) =>
      `${program.padEnd(24)} ${node.padEnd(10)} --help ${help.toFixed(2)} s   status ${status.toFixed(2)} s`,
  );
  return [...lines, missed.length === 0 ? 'all goals met' : `missed: ${missed.join(', ')}`].join('\n');
}
