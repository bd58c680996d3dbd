import { CancellationScope, condition } from '@temporalio/workflow';
import type { HeldPosition } from '../../hold/tableHold.ts';
import { type Pace, paceForAll } from '../../pacing/operatorPace.ts';
import type { SourceActivities } from '../activities.ts';
import type { PauseRequest } from './messages.ts';
import type { Carried, PurgeState } from './state.ts';

const rejectedKept = 5;

/** What people and daily runs change about a running purge, and the means to cancel what is in flight when they do. */
export class PurgeControl {
  /** Where the ledger had the purge when it was paused; undefined while it isn't. */
  position: HeldPosition | undefined;
  /** True while an activity reads the ledger's hold: no slice begins. */
  #readingHold = false;
  #scope: CancellationScope | undefined;
  #interrupted = false;
  #woken = 0;
  #seen = 0;
  #order: Promise<unknown> = Promise.resolve();

  constructor(
    readonly state: PurgeState,
    readonly holding: SourceActivities['holding'],
  ) {}

  get #settings(): Carried {
    return this.state.carried;
  }

  async whilePaused(): Promise<void> {
    for (let hold = this.#settings.paused; hold; hold = this.#settings.paused) {
      const over = () => this.#settings.paused !== hold;
      if (hold.until === undefined) await condition(over);
      else if (!(await condition(over, Math.max(1, Date.parse(hold.until) - Date.now())))) this.#goOn();
    }
  }

  get isReadingHold(): boolean {
    return this.#readingHold;
  }

  /** Returns once it is known whether a hold is in force. */
  async whileReadingHold(): Promise<void> {
    await condition(() => !this.#readingHold);
  }

  /** Runs what a pause or a new pace may cancel; not at all while paused. */
  async interruptible(work: () => Promise<void>): Promise<void> {
    this.#interrupted = false;
    this.#seen = this.#woken;
    // Checked again, with no await before the scope opens, because a pause in between would find nothing to cancel.
    if (this.#settings.paused || this.#readingHold) return;
    try {
      await CancellationScope.cancellable(async () => {
        this.#scope = CancellationScope.current();
        await work();
      });
    } catch (error) {
      // A pause or a new pace cancelled it, perhaps in a retry's backoff. Any other error is thrown on.
      if (!this.#settings.paused && !this.#interrupted) throw error;
    } finally {
      this.#scope = undefined;
    }
  }

  /** Waits. A resume or a later cutoff ends the wait, also one that came since the slice began. */
  async rest(millis: number): Promise<void> {
    await condition(() => this.#woken !== this.#seen, millis);
  }

  /** Returns when the hold is in the ledger and nothing is in flight. */
  pause(request: PauseRequest): Promise<void> {
    return this.#inOrder(async () => {
      const before = this.#settings.paused;
      // From here on no slice starts. The slice in flight is cancelled, so that its worker slot is free to write the hold.
      this.#settings.paused = request;
      const written = this.holding.holdTable({ table: this.state.table, ...request });
      this.#scope?.cancel();
      try {
        this.position = await written;
      } catch (error) {
        this.#settings.paused = before;
        throw error;
      }
      await condition(() => this.#scope === undefined);
    });
  }

  resume(): Promise<void> {
    return this.#inOrder(async () => this.#take(await this.holding.releaseTable({ table: this.state.table })));
  }

  /** Takes over the hold that the ledger has now, or none. Returns when nothing is in flight. */
  takeHold(): Promise<void> {
    return this.#inOrder(async () => {
      this.#readingHold = true;
      try {
        const answer = this.holding.readHold({ table: this.state.table });
        // The slice in flight is cancelled, so that its worker slot is free to read the hold.
        this.#interrupt();
        this.#take(await answer);
        await condition(() => this.#scope === undefined);
      } finally {
        this.#readingHold = false;
      }
    });
  }

  setPace(pace: Pace | null): void {
    this.#settings.pace = pace ? paceForAll(pace) : undefined;
    this.#settings.asked = pace ?? undefined;
    this.#interrupt();
  }

  /** The cutoff only grows. */
  extend(cutoff: string, policyHash: string | undefined): void {
    if (cutoff <= this.state.cutoff) return;
    this.state.cutoff = cutoff;
    if (typeof policyHash === 'string') this.state.policyHash = policyHash.slice(0, 64);
    this.#woken++;
  }

  reject(message: string, reason: string): void {
    this.#settings.rejected = [...this.#settings.rejected, `${message}: ${reason.slice(0, 300)}`].slice(-rejectedKept);
  }

  #interrupt(): void {
    this.#interrupted = true;
    this.#scope?.cancel();
  }

  #take(found: HeldPosition): void {
    if (found.hold) {
      this.#settings.paused = found.hold;
      this.position = found;
    } else this.#goOn();
  }

  #goOn(): void {
    this.#settings.paused = undefined;
    this.position = undefined;
    this.#woken++;
  }

  /** Runs pauses and resumes one after the other. Side by side they could leave a slice in flight while paused. */
  #inOrder(work: () => Promise<void>): Promise<void> {
    const next = this.#order.then(work);
    this.#order = next.catch(() => undefined);
    return next;
  }
}
