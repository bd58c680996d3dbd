import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createConnection } from 'mysql2/promise';
import { afterEach, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

const running = new Set<Demo>();
// A test that failed halfway leaves no servers behind.
afterEach(() => Promise.all([...running].map((demo) => demo.interrupt())));

/** The demo in a pipe, as `npm run demo` starts it, where no MariaDB can be had: one that is asked for fails it. */
class Demo {
  readonly #child: ChildProcess;
  stdout = '';
  stderr = '';
  readonly #ended: Promise<number | null>;

  constructor(...args: string[]) {
    this.#child = spawn(process.execPath, ['stack/bootstrap.mjs', 'demo', '--small', ...args], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH, HOME: process.env.HOME, SEDIMENT_MARIADBD: '/nowhere/mariadbd' },
    });
    this.#child.stdout?.on('data', (bytes) => {
      this.stdout += bytes;
    });
    this.#child.stderr?.on('data', (bytes) => {
      this.stderr += bytes;
    });
    running.add(this);
    this.#ended = new Promise((resolve) => {
      this.#child.on('close', (code) => {
        running.delete(this);
        resolve(code);
      });
    });
  }

  /** Waits until standard output says so; an end before that fails the test. */
  async says(text: string, millis: number): Promise<void> {
    const all = () => `${this.stdout}${this.stderr}`;
    await expect.poll(() => this.#child.exitCode !== null || all().includes(text), { timeout: millis }).toBe(true);
    expect(all()).toContain(text);
  }

  /** Ctrl-C. @returns the exit code */
  interrupt(): Promise<number | null> {
    this.#child.kill('SIGINT');
    return this.#ended;
  }
}

/** Command lines of processes that name the demo's folder. */
function processesOf(folder: string): string[] {
  const found: string[] = [];
  for (const entry of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const line = readFileSync(`/proc/${entry}/cmdline`, 'utf8').replaceAll('\0', ' ');
      if (line.includes(folder)) found.push(line);
    } catch {
      // It has ended since.
    }
  }
  return found;
}

test('the demo balances in forty lines of 80 columns, its commands work on what stays, and it ends whole', async () => {
  const demo = new Demo('--keep');
  await demo.says('S3: http', 420_000);
  const { stdout, stderr } = demo;
  expect(stderr).toBe('');
  const lines = stdout.trimEnd().split('\n');
  expect(lines.length).toBeLessThanOrEqual(40);
  expect(lines.filter((line) => [...line].length > 80)).toEqual([]);
  expect(stdout).toMatch(/^ {2}lost {20,}0$/m);
  expect(stdout).toMatch(/purged under proof +\d+ {3}each found exactly once in S3, byte for byte/);
  expect(stdout).toMatch(/the worker is killed by SIGKILL at \d+ of 36; another one goes on/);
  const [, folder = ''] = /^ {2}\. (\S+\/demo-\d+)\/env/m.exec(stdout) ?? [];
  expect(processesOf(folder)).not.toEqual([]);

  const commands = lines.filter((line) => line.startsWith('  bin/sediment.mjs '));
  expect(commands.map((line) => line.trim().split(' ')[1])).toEqual(['status', 'plan', 'pause', 'resume']);
  const script = ['set -e', `. ./${folder}/env`, ...commands].join('\n');
  const tried = await promisify(execFile)('sh', ['-c', script], { cwd: root, encoding: 'utf8' });
  expect(tried.stdout).toMatch(
    /^TABLE .+Nothing was changed\..+bank\.transactions paused.+bank\.transactions goes on/s,
  );
  expect(tried.stderr).toBe('');
  const [, ui = ''] = /^Temporal's web UI: (\S+)$/m.exec(stdout) ?? [];
  expect((await fetch(ui)).status).toBe(200);
  const [, host = '', port] = /^MySQL: mysql -h (\S+) -P (\d+) -u root bank/m.exec(stdout) ?? [];
  const connection = await createConnection({ host, port: Number(port), user: 'root', database: 'bank' });
  expect((await connection.query('SHOW TABLES'))[0]).toHaveLength(4);
  await connection.end();

  expect(await demo.interrupt()).toBe(0);
  expect(demo.stdout).toMatch(/Interrupted: ends the workers, Temporal, MySQL and S3; the bank goes with them\.\n$/);
  expect(processesOf(folder)).toEqual([]);
  expect(existsSync(`${root}${folder}`)).toBe(false);
}, 480_000);

test('Ctrl-C in the middle says what it ends, leaves no process, and is no success', async () => {
  const demo = new Demo();
  await demo.says('The bank has', 120_000);
  const before = processesOf('/.stack/demo-');
  expect(before.length).toBeGreaterThanOrEqual(3);
  const [, folder = ''] = /(\.stack\/demo-\d+)\//.exec(before.find((line) => line.includes('mysql')) ?? '') ?? [];
  expect(await demo.interrupt()).toBe(130);
  expect(demo.stdout).toMatch(/Interrupted: ends the workers, .+\n$/);
  expect(processesOf(folder)).toEqual([]);
  expect(existsSync(`${root}${folder}`)).toBe(false);
}, 180_000);
