import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { DigestAsked, Found } from './digestWorker.ts';

/** Of the process, whatever it verifies at once: a chunk's digest is all processor time. */
const mostThreads = Math.min(4, Math.max(2, availableParallelism()));

/** Sources run by tsx, which a thread has to load for itself; what is built runs as it is. */
const entry = import.meta.url.endsWith('.ts') ? './digestWorker.mjs' : './digestWorker.js';

const threads: ProofThread[] = [];

/**
 * Digests a chunk beside the event loop, so that heartbeats go on whatever it holds (P59). Takes the memory of the bytes
 * over, which must be theirs alone but for Node's own pool.
 */
export function digestChunk(asked: DigestAsked): Promise<Found> {
  const idlest = threads.reduce((one, other) => (other.waiting < one.waiting ? other : one), threads[0] ?? newThread());
  const thread = idlest.waiting > 0 && threads.length < mostThreads ? newThread() : idlest;
  return thread.digest(asked);
}

/** Starts the threads, 0.2 s each, so that the first chunks needn't wait for them. */
export async function startProvers(): Promise<void> {
  while (threads.length < mostThreads) newThread();
  await Promise.all(threads.map((thread) => thread.digest({ csv: new Uint8Array(), encodings: [], salt: '' })));
}

function newThread(): ProofThread {
  const thread = new ProofThread();
  threads.push(thread);
  return thread;
}

/** One thread and the questions that it has yet to answer, in their order. It keeps no process alive that asks nothing. */
class ProofThread {
  readonly #thread = new Worker(new URL(entry, import.meta.url));
  readonly #waiting: { resolve(answer: Found): void; reject(error: Error): void }[] = [];

  constructor() {
    this.#thread.unref();
    this.#thread.on('message', (answer) => {
      this.#waiting.shift()?.resolve(answer);
      if (this.#waiting.length === 0) this.#thread.unref();
    });
    this.#thread.on('error', (error) => this.#end(error));
    this.#thread.on('exit', () => this.#end(new Error('the thread that proves chunks ended; run it again')));
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  digest(asked: DigestAsked): Promise<Found> {
    const pooled = asked.csv.buffer.byteLength <= Buffer.poolSize;
    const csv = pooled ? new Uint8Array(asked.csv) : asked.csv;
    this.#thread.ref();
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#thread.postMessage({ ...asked, csv }, [csv.buffer as ArrayBuffer]);
    });
  }

  /** Another takes its place when it is needed. */
  #end(error: Error): void {
    const place = threads.indexOf(this);
    if (place >= 0) threads.splice(place, 1);
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }
}
