import { setTimeout as wait } from 'node:timers/promises';
import { messageOf } from '../../model/error.ts';
import type { Reading } from '../../pacing/throttle.ts';
import { type ServerAddress, Session } from '../session.ts';
import { outsideSessionScope } from '../sessionScope.ts';

/** Measured at most so often, whoever asks. */
const intervalMillis = 1_000;
/** Who asks waits so long for a look that is under way, and then takes what is known. */
const patienceMillis = 1_000;
/** A look that takes longer is given up, and its connection with it: the next one opens another. */
const deadlineMillis = 5_000;

/**
 * Measures a server's readings.
 *
 * @param at when the look began, by the monotonic clock: what it finds is as old as that
 */
export type Measure = (session: Session, at: number) => Promise<Reading[]>;

/** One server, measured on a connection of its own, one look at a time and only while somebody asks. */
export class Watch {
  readonly #address: ServerAddress;
  readonly #measure: Measure;
  #readings: readonly Reading[];
  #session: Session | undefined;
  #flight: Promise<void> | undefined;
  #begunAt = Number.NEGATIVE_INFINITY;
  #closed = false;

  /** @param expected what a look gives: until it does, they are readings that nobody has taken */
  constructor(address: ServerAddress, expected: readonly Reading[], measure: Measure) {
    this.#address = address;
    this.#readings = expected;
    this.#measure = measure;
  }

  /** The readings, looked at afresh where the last look began a second ago. Never throws: failures stand in them. */
  async read(signal: AbortSignal): Promise<readonly Reading[]> {
    const now = performance.now();
    if (!this.#flight && now - this.#begunAt >= intervalMillis && !this.#closed) {
      this.#begunAt = now;
      this.#flight = this.#look(now).finally(() => {
        this.#flight = undefined;
      });
    }
    if (this.#flight) await withPatience(this.#flight, signal);
    return this.#readings;
  }

  close(): void {
    this.#closed = true;
    this.#drop();
  }

  async #look(at: number): Promise<void> {
    const abandoned = new AbortController();
    const work = this.#open(abandoned.signal).then((session) => this.#measure(session, at));
    // Given up, it may still fail, or hang for ever.
    work.catch(() => undefined);
    const timer = wait(deadlineMillis, undefined, { signal: abandoned.signal, ref: false }).then(
      () => Promise.reject(new Error(`no answer within ${deadlineMillis / 1000} s`)),
      () => [] as Reading[],
    );
    try {
      const found = await Promise.race([work, timer]);
      this.#readings = found.map((reading) => merge(this.#readings, reading));
    } catch (error) {
      this.#drop();
      const failure = messageOf(error);
      this.#readings = this.#readings.map((reading) => ({ ...reading, failure }));
    } finally {
      abandoned.abort();
      if (this.#closed) this.#drop();
    }
  }

  async #open(abandoned: AbortSignal): Promise<Session> {
    if (this.#session) return this.#session;
    // It serves whatever asks next too.
    const session = await outsideSessionScope(() => Session.open(this.#address, 'READ COMMITTED'));
    if (abandoned.aborted) {
      session.close();
      throw new Error('opened too late');
    }
    this.#session = session;
    return session;
  }

  #drop(): void {
    this.#session?.close();
    this.#session = undefined;
  }
}

/** A failed measurement keeps the last good one with its age; a good one replaces it. */
function merge(before: readonly Reading[], reading: Reading): Reading {
  if (reading.failure === undefined) return reading;
  const last = before.find(({ signal, of }) => signal === reading.signal && of === reading.of);
  return { ...last, ...reading };
}

async function withPatience(flight: Promise<void>, signal: AbortSignal): Promise<void> {
  const over = new AbortController();
  const either = AbortSignal.any([signal, over.signal]);
  await Promise.race([flight, wait(patienceMillis, undefined, { signal: either }).catch(() => undefined)]);
  over.abort();
}
