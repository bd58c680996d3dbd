import { takeRun } from '../archive/chunkBounds.ts';
import type { Trace, TracePoint } from '../archive/trace.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { OpenedDay } from '../partition/open/openDay.ts';
import { pointAt } from '../partition/purgeTrace.ts';
import type { Position } from './position.ts';

/** How many transactions at the current pace one writing of the trace allows: about a minute of them. */
const transactionsAtOnce = 240;

/**
 * How far a slice may delete. The trace says so before the slice deletes, and at its end how far it came. Each writing
 * allows twice the rows of the one before, so that a slice writes only a few.
 */
export class Allowance {
  /** The trace allows the first so many chunks of the day. */
  #upTo = 0;
  #rows = 0;

  constructor(
    readonly ledger: Ledger,
    readonly day: OpenedDay,
  ) {}

  /**
   * To be called before a transaction that ends behind the first `end` chunks of the day.
   * @param pace rows per transaction
   */
  async reach(position: Position, end: number, pace: number): Promise<void> {
    if (end <= this.#upTo) return;
    const { row, chunks, trace } = this.day;
    this.#rows = Math.max(pace * transactionsAtOnce, 2 * this.#rows);
    let upTo = position.next;
    let rows = 0;
    while (upTo < chunks.length && (upTo < end || rows < this.#rows)) {
      const run = takeRun(chunks, upTo, this.#rows - rows);
      upTo += run.chunks;
      rows += run.digest.rows;
    }
    const done = this.#pointAt(position);
    await trace.write(this.ledger, row, { done, until: pointAt(chunks, upTo, done.rows + rows) });
    this.#upTo = upTo;
  }

  /** At the slice's end: writes where it came to, if it deleted anything or has closed the day. */
  async end(position: Position, state: Trace['state']): Promise<void> {
    const { row, trace } = this.day;
    const done = this.#pointAt(position);
    const closes = state === 'purged' && trace.standing?.state !== 'purged' && done.rows > 0;
    if (this.#upTo > 0 || closes) await trace.write(this.ledger, row, { state, done });
  }

  #pointAt({ next, deleted }: Position): TracePoint {
    const { row, chunks } = this.day;
    return pointAt(chunks, next, row.rowsDeleted + deleted);
  }
}
