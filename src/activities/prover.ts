import { Worker } from 'node:worker_threads';
import type { DigestAsked, Found } from './proofThread.ts';

/** Threads that nobody uses now: a day's partitions follow one another, and a thread takes 0.2 s to start. */
const idle: Prover[] = [];
const idleThreads = 2;

/** A thread that digests chunks beside the event loop, so that heartbeats go on whatever a chunk holds (P59). */
export class Prover {
  readonly #thread = new Worker(new URL('./proofThread.mjs', import.meta.url));
  readonly #waiting: { resolve(answer: Found): void; reject(error: Error): void }[] = [];
  #failure: Error | undefined;

  private constructor() {
    this.#thread.on('message', (answer) => this.#waiting.shift()?.resolve(answer));
    this.#thread.on('error', (error) => this.#fail(error));
    this.#thread.on('exit', () => this.#fail(new Error('the thread that proves chunks ended; run it again')));
  }

  /** Lends so many threads to `work`. One that has failed, or has answers outstanding, is not used again. */
  static async lend<T>(threads: number, work: (provers: readonly Prover[]) => Promise<T>): Promise<T> {
    const provers = Array.from({ length: threads }, () => idle.pop() ?? new Prover());
    for (const prover of provers) prover.#thread.ref();
    try {
      return await work(provers);
    } finally {
      for (const prover of provers) await prover.#giveBack();
    }
  }

  /** Takes the bytes' memory over, which must be theirs alone but for Node's own pool. Answers come in the order of the questions. */
  digest(asked: DigestAsked): Promise<Found> {
    if (this.#failure) return Promise.reject(this.#failure);
    const pooled = asked.csv.buffer.byteLength <= Buffer.poolSize;
    const csv = pooled ? new Uint8Array(asked.csv) : asked.csv;
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#thread.postMessage({ ...asked, csv }, [csv.buffer as ArrayBuffer]);
    });
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    const place = idle.indexOf(this);
    if (place >= 0) idle.splice(place, 1);
    for (const { reject } of this.#waiting.splice(0)) reject(this.#failure);
  }

  async #giveBack(): Promise<void> {
    if (!this.#failure && this.#waiting.length === 0 && idle.length < idleThreads) {
      // An idle thread keeps no process alive.
      this.#thread.unref();
      idle.push(this);
    } else await this.#thread.terminate();
  }
}
