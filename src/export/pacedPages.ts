import type { Job } from '../job/job.ts';
import { Pacer } from '../pacing/pacer.ts';

/**
 * Lets an export's pages begin as the server's health and others' latency allow. Nothing of a page is read before, so that
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
  ) {
    // A replica's reads aren't felt on the source.
    const others = policy.export?.from === 'replica' ? undefined : source.impact;
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
