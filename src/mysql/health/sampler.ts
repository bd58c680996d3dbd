import { setTimeout as wait } from 'node:timers/promises';
import { messageOf } from '../../model/error.ts';
import { waitAtMost } from '../../pacing/pause.ts';
import type { Reading } from '../../pacing/throttle.ts';
import { type ServerAddress, Session } from '../session/session.ts';
import { outsideSessionScope } from '../session/sessionScope.ts';

/** The shortest time between two samples. */
const intervalMillis = 1_000;
/** A caller waits at most so long for a running sample, and then takes the latest readings. */
const patienceMillis = 1_000;
/** A sample that takes longer is given up with its connection. The next one opens another. */
const deadlineMillis = 5_000;

/**
 * Measures a server's readings.
 *
 * @param at when the sample began, by the monotonic clock, from which the readings' age counts
 */
export type Measure = (session: Session, at: number) => Promise<Reading[]>;

/** Samples one server on its own connection, one sample at a time and only while somebody asks. */
export class Watch {
  readonly #address: ServerAddress;
  readonly #measure: Measure;
  #readings: readonly Reading[];
  #session: Session | undefined;
  #flight: Promise<void> | undefined;
  #begunAt = Number.NEGATIVE_INFINITY;
  #closed = false;

  /** @param expected the names of the readings; they are unknown until the first sample */
  constructor(address: ServerAddress, expected: readonly Reading[], measure: Measure) {
    this.#address = address;
    this.#readings = expected;
    this.#measure = measure;
  }

  /** The readings, sampled again if the last sample began a second ago. Never throws: failures are in the readings. */
  async read(signal: AbortSignal): Promise<readonly Reading[]> {
    const now = performance.now();
    if (!this.#flight && now - this.#begunAt >= intervalMillis && !this.#closed) {
      this.#begunAt = now;
      this.#flight = this.#look(now).finally(() => {
        this.#flight = undefined;
      });
    }
    if (this.#flight) await waitAtMost(this.#flight, patienceMillis, signal);
    return this.#readings;
  }

  close(): void {
    this.#closed = true;
    this.#drop();
  }

  async #look(at: number): Promise<void> {
    const abandoned = new AbortController();
    const work = this.#open(abandoned.signal).then((session) => this.#measure(session, at));
    // A sample that was given up may still fail, or never end.
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
    // The sample serves later callers too.
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

/** A failed reading keeps the last good value with its age. A good one replaces it. */
function merge(before: readonly Reading[], reading: Reading): Reading {
  if (reading.failure === undefined) return reading;
  const last = before.find(({ signal, of }) => signal === reading.signal && of === reading.of);
  return { ...last, ...reading };
}
