import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inject } from 'vitest';

/** `sediment worker` as an operator runs it: a process of its own, with a policy file and an environment. */
export class WorkerProcess {
  output = '';
  readonly #folder = mkdtempSync(join(tmpdir(), 'sediment-worker-'));
  readonly #child: ChildProcess;

  /** @param bin of an installed package; left out: of the package that the run built */
  constructor(policy: string, environment: Record<string, string>, bin = `${inject('built')}/bin/sediment.mjs`) {
    const file = join(this.#folder, 'sediment.yaml');
    writeFileSync(file, policy);
    this.#child = spawn(process.execPath, [bin, 'worker', '--config', file], {
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.on('data', (piece: Buffer) => {
        this.output += piece;
      });
  }

  /** The log's lines as they were written, parsed. */
  get lines(): Record<string, unknown>[] {
    return this.output
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  /** The exit code, once it has ended. */
  async stopped(): Promise<number | null> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) await once(this.#child, 'exit');
    rmSync(this.#folder, { recursive: true, force: true });
    return this.#child.exitCode;
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  async stop(): Promise<number | null> {
    this.#child.kill('SIGTERM');
    return this.stopped();
  }
}
