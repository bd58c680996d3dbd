import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { policyFile, policyText } from '../support/command.ts';
import { WorkerProcess } from '../support/worker.ts';
import { makeWorld, type World } from '../support/world.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'sediment-package-'));
const installed = join(folder, 'node_modules/sediment');
const run = promisify(execFile);
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };

let world: World;
let policy: string;
let environment: Record<string, string>;

beforeAll(async () => {
  const { s3, temporal } = inject('stack');
  world = await makeWorld('mysql');
  await world.sql(
    `CREATE TABLE ${world.name}.orders (id INT AUTO_INCREMENT PRIMARY KEY, t DATETIME NOT NULL, KEY (t))`,
  );
  await world.sql(`INSERT INTO ${world.name}.orders (t) VALUES ('2026-01-05 10:00:00')`);
  const table = `{ table: ${world.name}.orders, timeColumn: t, retention: P60D, firstDay: 2026-01-05 }`;
  policy = policyFile(policyText({ name: world.name, tables: [table] }));
  environment = {
    PATH: String(process.env.PATH),
    HOME: String(process.env.HOME),
    AWS_ACCESS_KEY_ID: s3.accessKeyId,
    AWS_SECRET_ACCESS_KEY: s3.secretAccessKey,
    TEMPORAL_ADDRESS: temporal.address,
  };
  // As a release does it: prepack builds dist/ afresh.
  await run('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: root });
  const [tarball] = readdirSync(folder);
  writeFileSync(join(folder, 'package.json'), '{ "private": true }');
  await run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', `./${tarball}`], { cwd: folder });
}, 400_000);

afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await world.close();
});

/** A command of the package that was installed, on this very Node. */
async function packed(...args: string[]): Promise<{ stdout: string; stderr: string; code: number }> {
  const bin = join(folder, 'node_modules/.bin/sediment');
  try {
    return { ...(await run(process.execPath, [bin, ...args], { cwd: folder, env: environment })), code: 0 };
  } catch (error) {
    const { stdout, stderr, code } = error as { stdout: string; stderr: string; code: number };
    return { stdout, stderr, code };
  }
}

test('a package that is installed into an empty folder holds the build alone, and neither sources nor tsx', () => {
  expect(existsSync(join(installed, 'src'))).toBe(false);
  expect(existsSync(join(installed, 'test'))).toBe(false);
  expect(existsSync(join(folder, 'node_modules/tsx'))).toBe(false);
  expect(existsSync(join(installed, 'dist/workflows.bundle.js'))).toBe(true);
});

test('the package’s --help and --version answer without a word on standard error', async () => {
  expect(await packed('--help')).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining('doctor') });
  expect(await packed('--version')).toMatchObject({ code: 0, stderr: '', stdout: `${version}\n` });
});

test('the package’s doctor looks at MySQL, S3 and Temporal', async () => {
  const { stdout, stderr } = await packed('doctor', '--json', '-c', policy);
  expect(stderr).toBe('');
  const text = JSON.stringify(JSON.parse(stdout));
  expect(text).toContain(`${world.name}.orders`);
  expect(text).not.toContain('Cannot find');
});

test('the package’s plan and status read the ledger with the statements that it brings', async () => {
  const plan = await packed('plan', '--json', '-c', policy);
  expect(plan).toMatchObject({ code: 0, stderr: '' });
  expect(JSON.parse(plan.stdout).tables[0]).toMatchObject({
    report: { table: `${world.name}.orders` },
    refused: null,
  });
  const status = await packed('status', '--json', '-c', policy);
  // No run has opened the table yet: that is no "all is well".
  expect(status).toMatchObject({ code: 1, stderr: '' });
  expect(JSON.parse(status.stdout)).toMatchObject({
    temporal: { unreachable: null },
    tables: [{ state: { kind: 'neverLookedAt' } }],
  });
});

test('the package’s worker takes the bundle that was built in, archives a day, and names its version', async () => {
  const before = readFileSync(join(installed, 'dist/workflows.bundle.js.stamp'), 'utf8');
  const worker = new WorkerProcess(readFileSync(policy, 'utf8'), environment, join(installed, 'bin/sediment.mjs'));
  try {
    const done = await packed('run', '--day', '2026-01-05', '--json', '-c', policy);
    // The worker may not poll yet; the run waits for it, and says so.
    expect(done).toMatchObject({ code: 0, stderr: expect.stringMatching(/^(no worker of .* is up; .*\n)?$/) });
  } finally {
    expect(await worker.stop()).toBe(0);
  }
  expect(readFileSync(join(installed, 'dist/workflows.bundle.js.stamp'), 'utf8')).toBe(before);
  const keys = await world.source.store.list('');
  const manifest = keys.find((key) => key.endsWith('manifest.json')) ?? '';
  expect(JSON.parse(String(await world.source.store.read(manifest)))).toMatchObject({ tool: `sediment ${version}` });
});
