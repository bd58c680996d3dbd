import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createConnection, createServer } from 'node:net';
import { fileURLToPath } from 'node:url';

const keeper = fileURLToPath(new URL('keeper.mjs', import.meta.url));

/** A server under its keeper, which ends it when this process ends in whatever way. */
export class Server {
  readonly #child: ChildProcess;
  readonly #exit: Promise<void>;
  #ended = false;

  constructor(
    readonly name: string,
    readonly log: string,
    command: string,
    args: readonly string[],
    environment: Record<string, string> = {},
  ) {
    this.#child = spawn(process.execPath, [keeper, log, command, ...args], {
      stdio: ['pipe', 'ignore', 'inherit'],
      env: { ...process.env, ...environment },
      detached: true,
    });
    this.#child.stdin?.on('error', () => undefined);
    this.#exit = new Promise((resolve) =>
      this.#child.on('exit', () => {
        this.#ended = true;
        resolve();
      }),
    );
  }

  /** Asks until the server answers. @throws with the log's last lines if it ends first or takes over a minute */
  async ready(probe: () => Promise<unknown>): Promise<void> {
    const deadline = Date.now() + 60_000;
    for (;;) {
      try {
        await probe();
        return;
      } catch (cause) {
        if (this.#ended || Date.now() > deadline) {
          await this.stop();
          const tail = readFileSync(this.log, 'utf8').trim().split('\n').slice(-12).join('\n');
          throw new Error(`${this.name} did not start; the end of ${this.log}:\n${tail}`, { cause });
        }
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  }

  async stop(): Promise<void> {
    this.#child.stdin?.end();
    await this.#exit;
  }
}

/** A port that is free now, and whose port + 10000 is too where a server wants both. */
export async function freePort(twin = false): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    if ((await isFree(port)) && (!twin || (await isFree(port + 10_000)))) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

export function connects(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(port, '127.0.0.1', () => {
      socket.destroy();
      resolve();
    });
    socket.on('error', reject);
  });
}
