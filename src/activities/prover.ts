import { Worker } from 'node:worker_threads';
import type { BeginPart, Found, FoundPart, ReadMember } from './proofThread.ts';

/** Threads that nobody uses now: a day's partitions follow one another, and a thread takes 0.2 s to start. */
const idle: Prover[] = [];
const idleThreads = 2;

/** A thread that proves members beside the event loop, so that heartbeats go on whatever a chunk holds (P59). */
export class Prover {
  readonly #thread = new Worker(new URL('./proofThread.mjs', import.meta.url));
  readonly #waiting: { resolve(answer: Found & FoundPart): void; reject(error: Error): void }[] = [];
  #failure: Error | undefined;

  private constructor() {
    this.#thread.on('message', (answer) => this.#waiting.shift()?.resolve(answer));
    this.#thread.on('error', (error) => this.#fail(error));
    this.#thread.on('exit', () => this.#fail(new Error('the thread that proves chunks ended; run it again')));
  }

  /** Lends a thread to `work`. One that has failed, or has answers outstanding, is not used again. */
  static async lend<T>(work: (prover: Prover) => Promise<T>): Promise<T> {
    const prover = idle.pop() ?? new Prover();
    prover.#thread.ref();
    try {
      return await work(prover);
    } finally {
      await prover.#giveBack();
    }
  }

  begin(part: Omit<BeginPart, 'kind'>): void {
    this.#thread.postMessage({ kind: 'begin', ...part });
  }

  /** Takes the bytes over. Answers come in the order of the members. */
  prove(bytes: Uint8Array<ArrayBuffer>): Promise<Found> {
    const message: ReadMember = { kind: 'member', bytes };
    return this.#ask(message, [bytes.buffer]);
  }

  end(): Promise<FoundPart> {
    return this.#ask({ kind: 'end' }, []);
  }

  #ask(message: object, transfer: ArrayBuffer[]): Promise<Found & FoundPart> {
    if (this.#failure) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#thread.postMessage(message, transfer);
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
