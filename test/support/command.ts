import { spawn } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inject } from 'vitest';
import { makeProgram } from '../../src/cli/program.ts';
import { makeWorld, type World } from './world.ts';

/** What the real command did. */
export interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Each takes half a second of processor time to start: more at once only wait for each other. */
const atOnce = 3;
let running = 0;
const waiting: (() => void)[] = [];

const bin = () => `${inject('built')}/bin/sediment.mjs`;

/** Runs the built package’s bin/sediment.mjs against the test's servers; `env` says what differs, `onOutput` gets standard output as it comes. */
export async function sediment(
  args: readonly string[],
  env: Record<string, string> = {},
  onOutput?: (text: string) => void,
): Promise<Outcome> {
  return inTurn({ program: process.execPath, args: [bin(), ...args], env, onOutput });
}

/** Runs it for a reader that closes the pipe before the first line, as `| head` does in the end. */
export function unread(args: readonly string[]): Promise<Outcome> {
  return inTurn({ program: process.execPath, args: [bin(), ...args], env: {}, isUnread: true });
}

/** Runs it and presses Ctrl-C once its standard error says `when`. */
export function interrupted(args: readonly string[], env: Record<string, string>, when: RegExp): Promise<Outcome> {
  return inTurn({ program: process.execPath, args: [bin(), ...args], env, interruptWhen: when });
}

/** Runs a command as a message prints it, by a shell, as whoever copies it would. */
export async function asPrinted(message: string, config: string, env: Record<string, string> = {}): Promise<Outcome> {
  const command = /sediment \w+ .+$/m.exec(message)?.[0];
  if (!command) throw new Error(`no command in: ${message}`);
  const script = `sediment() { "$NODE" "$BIN" "$@" --config "$CONFIG"; }\n${command}`;
  return inTurn({
    program: 'sh',
    args: ['-c', script],
    env: { NODE: process.execPath, BIN: bin(), CONFIG: config, ...env },
  });
}

interface Start {
  program: string;
  args: readonly string[];
  env: Record<string, string>;
  onOutput?: ((text: string) => void) | undefined;
  interruptWhen?: RegExp;
  isUnread?: boolean;
}

async function inTurn(what: Start): Promise<Outcome> {
  if (running >= atOnce) await new Promise<void>((resolve) => waiting.push(resolve));
  running++;
  try {
    return await start(what);
  } finally {
    running--;
    waiting.shift()?.();
  }
}

function start({ program, args, env, onOutput, interruptWhen, isUnread }: Start): Promise<Outcome> {
  const { s3, temporal } = inject('stack');
  const child = spawn(program, args, {
    cwd: mkdtempSync(join(tmpdir(), 'sediment-cli-')),
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      AWS_ACCESS_KEY_ID: s3.accessKeyId,
      AWS_SECRET_ACCESS_KEY: s3.secretAccessKey,
      TEMPORAL_ADDRESS: temporal.address,
      ...env,
    },
  });
  let isInterrupted = false;
  const outcome: Outcome = { code: null, stdout: '', stderr: '' };
  if (isUnread) child.stdout.destroy();
  child.stdout.on('data', (bytes) => {
    outcome.stdout += bytes;
    onOutput?.(String(bytes));
  });
  child.stderr.on('data', (bytes) => {
    outcome.stderr += bytes;
    if (!isInterrupted && interruptWhen?.test(outcome.stderr)) isInterrupted = child.kill('SIGINT');
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ ...outcome, code }));
  });
}

/** Writes a policy file and gives its path. */
export function policyFile(text: string): string {
  const file = join(mkdtempSync(join(tmpdir(), 'sediment-cli-')), 'sediment.yaml');
  writeFileSync(file, text);
  return file;
}

/** What a policy file of the test's servers says, but for what differs. */
export interface PolicyParts {
  name: string;
  url?: string;
  bucket?: string;
  endpoint?: string;
  tables: readonly string[];
}

export function policyText({ name, url, bucket, endpoint, tables }: PolicyParts): string {
  const { mysql, s3 } = inject('stack');
  return `source: { name: ${name}, url: "${url ?? `mysql://root@127.0.0.1:${mysql.port}`}", ledger: ${name}_ledger }
store: { bucket: ${bucket ?? name}, region: us-east-1, endpoint: "${endpoint ?? s3.endpoint}", forcePathStyle: true }
tables:
${tables.map((each) => `  - ${each}`).join('\n')}
`;
}

/** The whole names of the subcommands, from the command line's own definition. */
export function subcommands(): string[] {
  return makeProgram().commands.flatMap((command) =>
    command.commands.length > 0 ? command.commands.map((each) => `${command.name()} ${each.name()}`) : [command.name()],
  );
}

/** A world with one empty table, and the policy file that names it. */
export async function makeOrders(): Promise<{ world: World; config: string }> {
  const world = await makeWorld('mysql');
  await world.sql(`CREATE TABLE ${world.name}.orders (id INT PRIMARY KEY, t DATETIME NOT NULL, KEY (t))`);
  const tables = [`{ table: ${world.name}.orders, timeColumn: t }`];
  return { world, config: policyFile(policyText({ name: world.name, tables })) };
}
