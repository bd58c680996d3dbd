import type { Job } from '../job/job.ts';
import type { PacedRead } from '../mysql/read/pageBounds.ts';
import { Pacer } from '../pacing/pacer.ts';

/**
 * Lets the pages of an export or a heal begin as the server's health and others' latency allow. Nothing of a page is read before, so that
 * a wait keeps no old row versions on the server.
 */
export class PacedPages {
  readonly #pacer: Pacer;
  readonly #signal: AbortSignal;
  readonly #waiting: (reason: string) => void;
  #last: Promise<unknown> = Promise.resolve();

  constructor(
    { source, policy, attempt }: Pick<Job, 'source' | 'policy' | 'attempt'>,
    waiting: (reason: string) => void,
    from: 'writer' | 'replica' = 'writer',
  ) {
    // A replica's reads aren't felt on the source.
    const others = from === 'replica' ? undefined : source.impact;
    this.#pacer = Pacer.forExport({ policy, health: source.health, others });
    this.#signal = attempt.signal;
    this.#waiting = waiting;
  }

  /** Reads a page. Two are read at once while there is nothing to hold back for; else one after the other. */
  async read<Page>(page: () => Promise<Page>): Promise<Page> {
    const before = this.#last;
    let done: () => void = () => undefined;
    this.#last = new Promise<void>((resolve) => {
      done = resolve;
    });
    try {
      if (this.#pacer.duty < 1) await before;
      while (await this.#pacer.ready(this.#signal, ({ reason }) => this.#waiting(reason)));
      const began = performance.now();
      const read = await this.#pacer.during(page);
      this.#pacer.record(0, performance.now() - began);
      return read;
    } finally {
      done();
    }
  }
}

/** The pages of a job, as those who read them take it. @param progress what its heartbeats say while it waits */
export function pacedRead(job: Job, progress: Record<string, string | number>): PacedRead {
  const pages = new PacedPages(job, (held) => job.attempt.heartbeat({ ...progress, held }));
  return (page) => pages.read(page);
}
