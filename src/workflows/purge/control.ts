import { CancellationScope, condition } from '@temporalio/workflow';
import type { HeldPosition } from '../../hold/tableHold.ts';
import type { Pace } from '../../pacing/operatorPace.ts';
import type { SourceActivities } from '../activities.ts';
import type { PauseRequest } from './messages.ts';
import type { Carried, PurgeState } from './state.ts';

const rejectedKept = 5;

/** What people and daily runs change about a running purge, and the means to cancel what is in flight when they do. */
export class PurgeControl {
  /** Where the ledger had the purge when it was paused; undefined while it isn't. */
  position: HeldPosition | undefined;
  /** No slice begins while the ledger is asked for its hold. */
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

  /** Waits until the ledger has answered whether a hold is in force. */
  async whileReadingHold(): Promise<void> {
    await condition(() => !this.#readingHold);
  }

  /** Runs what a pause or a new pace may cancel; not at all while paused. */
  async interruptible(work: () => Promise<void>): Promise<void> {
    this.#interrupted = false;
    this.#seen = this.#woken;
    // Looked at once more, with no await before the scope opens: a pause in between would find nothing to cancel.
    if (this.#settings.paused || this.#readingHold) return;
    try {
      await CancellationScope.cancellable(async () => {
        this.#scope = CancellationScope.current();
        await work();
      });
    } catch (error) {
      // Ours: also a pause in the middle of a retry's backoff. Anything else goes on up.
      if (!this.#settings.paused && !this.#interrupted) throw error;
    } finally {
      this.#scope = undefined;
    }
  }

  /** Waits; a resume or a later cutoff ends it, also one that came since the slice began. */
  async rest(millis: number): Promise<void> {
    await condition(() => this.#woken !== this.#seen, millis);
  }

  /** Returns when the hold is in the ledger and nothing is in flight. */
  pause(request: PauseRequest): Promise<void> {
    return this.#inOrder(async () => {
      const before = this.#settings.paused;
      // No slice starts from here on, and the one in flight gives its slot to the writing of the hold.
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

  /** Takes over whatever hold the ledger has now, or none; returns when nothing is in flight. */
  takeHold(): Promise<void> {
    return this.#inOrder(async () => {
      this.#readingHold = true;
      try {
        const answer = this.holding.readHold({ table: this.state.table });
        // The slice in flight gives its worker's slot to the question.
        this.#interrupt();
        this.#take(await answer);
        await condition(() => this.#scope === undefined);
      } finally {
        this.#readingHold = false;
      }
    });
  }

  setPace(pace: Pace | null): void {
    this.#settings.pace = pace ?? undefined;
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

  /** Pause and resume one after the other: at once, they would leave a slice in flight. */
  #inOrder(work: () => Promise<void>): Promise<void> {
    const next = this.#order.then(work);
    this.#order = next.catch(() => undefined);
    return next;
  }
}
