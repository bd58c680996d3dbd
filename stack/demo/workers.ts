import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';

/** The demo's workers: real `sediment worker` processes, whose logs all go into one file. */
export class Workers {
  readonly #running = new Set<ChildProcess>();
  readonly #log: number;

  /** @param log its earlier content is removed */
  constructor(log: string) {
    this.#log = openSync(log, 'w');
  }

  start(config: string): void {
    const worker = spawn(process.execPath, ['bin/sediment.mjs', 'worker', '--config', config], {
      stdio: ['ignore', this.#log, this.#log],
      env: { ...process.env, NODE_NO_WARNINGS: '1' },
    });
    this.#running.add(worker);
    worker.once('exit', () => this.#running.delete(worker));
  }

  /** SIGKILL, as a crash would end them; resolves when they are gone. */
  async kill(): Promise<void> {
    const ends = [...this.#running].map((worker) => new Promise((resolve) => worker.once('exit', resolve)));
    for (const worker of this.#running) worker.kill('SIGKILL');
    await Promise.all(ends);
  }

  async close(): Promise<void> {
    await this.kill();
    closeSync(this.#log);
  }
}
