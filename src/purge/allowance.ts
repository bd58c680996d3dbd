import { takeRun } from '../archive/chunkBounds.ts';
import type { Trace, TracePoint } from '../archive/trace.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { OpenedDay } from '../partition/openDay.ts';
import { pointAt } from '../partition/purgeTrace.ts';

/** Transactions of the pace of now that one writing of the trace allows: about a minute's worth. */
const transactionsAtOnce = 240;

/**
 * How far a slice's deletes may go: the trace says so before they go there, and where they came to at the slice's end.
 * Each writing allows twice the rows of the one before, so that a slice makes a few.
 */
export class Allowance {
  /** Chunks of the day. */
  #upTo = 0;
  #rows = 0;
  readonly #first: number;

  constructor(
    readonly ledger: Ledger,
    readonly day: OpenedDay,
  ) {
    this.#first = day.next;
  }

  /**
   * Before a transaction that ends behind so many of the day's chunks.
   * @param pace rows a transaction
   */
  async reach(end: number, pace: number): Promise<void> {
    if (end <= this.#upTo) return;
    const { row, chunks, next, trace } = this.day;
    this.#rows = Math.max(pace * transactionsAtOnce, 2 * this.#rows);
    let upTo = next;
    let rows = 0;
    while (upTo < chunks.length && (upTo < end || rows < this.#rows)) {
      const run = takeRun(chunks, upTo, this.#rows - rows);
      upTo += run.chunks;
      rows += run.digest.rows;
    }
    const done = this.#done();
    await trace.write(this.ledger, row, { done, until: pointAt(chunks, upTo, done.rows + rows) });
    this.#upTo = upTo;
  }

  /** At the slice's end, where it deleted anything or has closed the day. */
  async end(state: Trace['state']): Promise<void> {
    const { row, trace } = this.day;
    const done = this.#done();
    const closes = state === 'purged' && trace.standing?.state !== 'purged' && done.rows > 0;
    if (this.#upTo > 0 || closes) await trace.write(this.ledger, row, { state, done });
  }

  /** Where the day's first chunk that isn't deleted stands now. */
  #done(): TracePoint {
    const { row, chunks, next } = this.day;
    let rows = row.rowsDeleted;
    for (let at = this.#first; at < next; at++) rows += chunks[at]?.rows ?? 0;
    return pointAt(chunks, next, rows);
  }
}
