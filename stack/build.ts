import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** `npm run build`: dist/ as packages and images run it on plain Node, the bundle of the workflows in it. */
const root = fileURLToPath(new URL('..', import.meta.url));

// What was deleted from src/ must not stay.
rmSync(`${root}dist`, { recursive: true, force: true });
await promisify(execFile)(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'], {
  cwd: root,
}).catch((error: { stdout?: string }) => {
  process.stderr.write(error.stdout || `${error}\n`);
  process.exit(1);
});
// The built code bundles itself: what a worker loads and what the bundle was made from are the same files.
const { writeBundle } = (await import(`${root}dist/workflowBundle.js`)) as typeof import('../src/workflowBundle.ts');
process.stdout.write(`${await writeBundle()}\n`);
