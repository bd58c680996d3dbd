// The entry of `npm run demo` and `npm test` on a fresh clone: installs what the lock file names, then hands over.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const stamp = `${root}node_modules/.sediment-lock`;
const lock = createHash('sha256')
  .update(readFileSync(`${root}package-lock.json`))
  .digest('hex');
if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== lock) {
  process.stderr.write('sediment: installing the dependencies (npm ci)\n');
  const installed = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: 'inherit',
  });
  if (installed.status !== 0) {
    process.stderr.write('sediment: npm ci failed; is the npm registry reachable from here?\n');
    process.exit(1);
  }
  writeFileSync(stamp, lock);
}
const [what, ...rest] = process.argv.slice(2);
const programs = {
  demo: ['--import', 'tsx', 'stack/demo.ts'],
  test: ['node_modules/vitest/vitest.mjs', 'run'],
  get: ['--import', 'tsx', 'stack/get.ts'],
};
const program = programs[what];
if (!program) {
  process.stderr.write('usage: node stack/bootstrap.mjs demo|test|get [arguments]\n');
  process.exit(2);
}
const child = spawn(process.execPath, [...program, ...rest], { cwd: root, stdio: 'inherit' });
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(signal ? 130 : (code ?? 1)));
