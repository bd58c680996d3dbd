import { type ChildProcess, spawn } from 'node:child_process';
import { copyFileSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const keeper = fileURLToPath(new URL('keeper.mjs', import.meta.url));

/** How messages call a program, where it writes its log, and what it gets beside its arguments. */
export interface ServerOptions {
  name: string;
  log: string;
  environment?: Record<string, string> | undefined;
  /** A file for its standard input. */
  input?: string | undefined;
}

/** A program and its keeper, which ends the program however this process ends. */
export class Server {
  readonly #child: ChildProcess;
  readonly #exit: Promise<number>;
  #ended = false;
  #started = false;

  readonly name: string;
  readonly log: string;

  constructor(
    { name, log, environment, input = '/dev/null' }: ServerOptions,
    command: string,
    args: readonly string[],
  ) {
    this.name = name;
    this.log = log;
    this.#child = spawn(process.execPath, [keeper, log, input, command, ...args], {
      stdio: ['pipe', 'ignore', 'inherit'],
      env: { ...process.env, ...environment },
      detached: true,
    });
    this.#child.stdin?.on('error', () => undefined);
    this.#exit = new Promise((resolve) => {
      const end = (code: number | null) => {
        this.#ended = true;
        resolve(code ?? 1);
      };
      this.#child.on('exit', end);
      this.#child.on('error', () => end(127));
    });
  }

  /** The server's own process id, not its keeper's; known once it is ready. */
  get pid(): number {
    return Number(readFileSync(`${this.log}.pid`, 'utf8'));
  }

  /** Asks until the server answers. @throws with the log's last lines if it ends first or takes over three minutes */
  async ready(probe: () => Promise<unknown>): Promise<void> {
    const deadline = Date.now() + 180_000;
    for (;;) {
      try {
        await probe();
        this.#started = true;
        return;
      } catch (cause) {
        if (this.#ended || Date.now() > deadline) {
          await this.stop();
          throw new Error(`${this.name} did not start; the end of ${this.log}:\n${tail(this.log)}`, { cause });
        }
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  }

  async stop(): Promise<void> {
    if (this.#ended && this.#started) this.#tellOfCrash();
    this.#child.stdin?.end();
    await this.#exit;
  }

  /** Keeps the log of a server that ended by itself beyond the run's folder, because it explains what failed afterwards. */
  #tellOfCrash(): void {
    const kept = join(dirname(dirname(this.log)), `${basename(this.log, '.log')}-crashed.log`);
    try {
      copyFileSync(this.log, kept);
    } catch {
      // The log can't be copied; its end is printed below.
    }
    process.stderr.write(`sediment: ${this.name} ended by itself; its log is kept in ${kept}:\n${tail(this.log)}\n`);
  }

  /** The exit code of a program that ends by itself. */
  async exit(): Promise<number> {
    return await this.#exit;
  }
}

/** Runs a program to its end, under a keeper too. @throws with the log's last lines if it fails */
export async function runProgram(
  log: string,
  command: string,
  args: readonly string[],
  options: Pick<ServerOptions, 'environment' | 'input'> = {},
): Promise<void> {
  const code = await new Server({ name: command, log, ...options }, command, args).exit();
  if (code !== 0) throw new Error(`${command} exited with ${code}:\n${tail(log)}`);
}

function tail(log: string): string {
  try {
    return readFileSync(log, 'utf8').trim().split('\n').slice(-12).join('\n');
  } catch {
    return '(no log)';
  }
}

const given = new Set<number>();

/**
 * A port that is free now and wasn't given before, and whose port + 10000 is too where a server wants both.
 * Both lie below the ports that Linux gives to outgoing connections.
 */
export async function freePort(withGrpc = false): Promise<number> {
  for (;;) {
    const port = 12_000 + Math.floor(Math.random() * 10_000);
    const wanted = withGrpc ? [port, port + 10_000] : [port];
    if (wanted.some((each) => given.has(each))) continue;
    for (const each of wanted) given.add(each);
    const free = await Promise.all(wanted.map(isFree));
    if (free.every(Boolean)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
