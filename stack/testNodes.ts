import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeOnce, stackFolder } from './fetch.ts';
import { runProgram } from './process.ts';

/** `npm run test:node`: what needs no server, on each Node that is supported. npm's package `node` brings them into .stack/. */
const versions = ['22.23.3', '24.21.0'];
const root = fileURLToPath(new URL('..', import.meta.url));

async function fetchNode(version: string): Promise<string> {
  const folder = join(stackFolder, `node-${version}`);
  await makeOnce(folder, async (fresh) => {
    process.stderr.write(`sediment: fetching Node ${version} from npm into .stack/ (once)\n`);
    const flags = ['--no-audit', '--no-fund', '--loglevel=error'];
    await runProgram(join(fresh, 'fetch.log'), 'npm', ['install', '--prefix', fresh, ...flags, `node@${version}`]);
  });
  return join(folder, 'node_modules/node/bin/node');
}

for (const version of versions) {
  const node = await fetchNode(version);
  const found = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim();
  if (found !== `v${version}`) throw new Error(`${node} is Node ${found}, not ${version}; remove its folder`);
  // A warning of Node's or of a library's would be on the screen of everyone who runs a command.
  const help = spawnSync(node, ['bin/sediment.mjs', '--help'], { cwd: root, encoding: 'utf8' });
  const native = spawnSync(node, ['-e', "require('@temporalio/worker'); require('@aws-sdk/client-s3')"], { cwd: root });
  const tests = spawnSync(node, ['node_modules/vitest/vitest.mjs', 'run', '-c', 'vitest.unit.config.ts'], {
    cwd: root,
    stdio: 'inherit',
  });
  const quiet = help.status === 0 && help.stderr === '' && native.status === 0 && String(native.stderr) === '';
  if (!quiet) process.stderr.write(`on Node ${version}: ${help.stderr}${native.stderr}\n`);
  if (!quiet || tests.status !== 0) process.exitCode = 1;
  process.stdout.write(`${quiet && tests.status === 0 ? 'ok     ' : 'FAILED '} Node ${version}\n`);
}
