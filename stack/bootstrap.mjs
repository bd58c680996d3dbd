// The entry of `npm run demo` and `npm test` on a fresh clone: installs what the lock file names, then hands over.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const stamp = `${root}node_modules/.sediment-lock`;
const lockFile = readFileSync(`${root}package-lock.json`, 'utf8');
const lock = createHash('sha256').update(lockFile).digest('hex');
if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== lock) {
  const count = Object.keys(JSON.parse(lockFile).packages).length - 1;
  process.stderr.write(
    `sediment: installing the ${count} packages of package-lock.json from npm, once; a minute or two\n`,
  );
  // Not `npm ci`: it refuses a lock file that leaves out other platforms' optional binaries, as npm 11 writes it
  // where the registry doesn't offer them. --no-save keeps the lock file as it is.
  const flags = ['--no-save', '--no-audit', '--no-fund', '--loglevel=error'];
  const installed = spawnSync('npm', ['install', ...flags], { cwd: root, stdio: 'inherit' });
  if (installed.signal) process.exit(130);
  if (installed.status !== 0) {
    process.stderr.write('sediment: npm install failed; is the npm registry reachable from here?\n');
    process.exit(1);
  }
  writeFileSync(stamp, lock);
}
const [what, ...rest] = process.argv.slice(2);
const programs = {
  demo: ['--no-warnings', '--import', 'tsx', 'stack/demo.ts'],
  test: ['node_modules/vitest/vitest.mjs', 'run'],
  bench: ['--no-warnings', '--import', 'tsx', 'bench/main.ts'],
  install: ['-e', ''],
};
const program = programs[what];
if (!program) {
  process.stderr.write('usage: node stack/bootstrap.mjs demo|test|bench|install [arguments]\n');
  process.exit(2);
}
// The AWS SDK's warning about old versions of Node is on nobody's screen.
const env = { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true', ...process.env };
const child = spawn(process.execPath, [...program, ...rest], { cwd: root, stdio: 'inherit', env });
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(signal ? 130 : (code ?? 1)));
