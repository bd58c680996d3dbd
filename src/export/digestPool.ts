import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { DigestRequest, Found } from './digestWorker.ts';

/** Threads per process, shared by all verifications, because digesting is CPU-bound. */
const mostThreads = Math.min(4, Math.max(2, availableParallelism()));

/** In a checkout tsx runs the sources, and each thread must load it. A build runs as it is. */
const entry = import.meta.url.endsWith('.ts') ? './digestWorker.mjs' : './digestWorker.js';

const threads: ProofThread[] = [];

/**
 * Digests a chunk in a worker thread (pitfall P59: a blocked event loop stops the heartbeats). The bytes' memory is
 * transferred to the thread, so nothing else may use it; bytes in Node's own pool are copied.
 */
export function digestChunk(request: DigestRequest): Promise<Found> {
  const idlest = threads.reduce((one, other) => (other.waiting < one.waiting ? other : one), threads[0] ?? newThread());
  const thread = idlest.waiting > 0 && threads.length < mostThreads ? newThread() : idlest;
  return thread.digest(request);
}

/** Starts the threads ahead of the first chunks, because each takes 0.2 s. */
export async function startDigestThreads(): Promise<void> {
  while (threads.length < mostThreads) newThread();
  await Promise.all(threads.map((thread) => thread.digest({ csv: new Uint8Array(), encodings: [], salt: '' })));
}

function newThread(): ProofThread {
  const thread = new ProofThread();
  threads.push(thread);
  return thread;
}

/** One thread and the chunks that it hasn't answered yet, in their order. An idle thread doesn't keep the process alive. */
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

  digest(request: DigestRequest): Promise<Found> {
    const pooled = request.csv.buffer.byteLength <= Buffer.poolSize;
    const csv = pooled ? new Uint8Array(request.csv) : request.csv;
    this.#thread.ref();
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#thread.postMessage({ ...request, csv }, [csv.buffer as ArrayBuffer]);
    });
  }

  /** The pool starts another thread when it needs one. */
  #end(error: Error): void {
    const index = threads.indexOf(this);
    if (index >= 0) threads.splice(index, 1);
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }
}
