import { CancellationScope, condition } from '@temporalio/workflow';
import type { HeldPosition } from '../../hold/tableHold.ts';
import type { Pace } from '../../pacing/operatorPace.ts';
import type { sourceActivities } from '../activities.ts';
import type { PauseRequest } from './messages.ts';

/** What people and daily runs may change about a running purge; continue-as-new carries it. */
export interface PurgeSettings {
  cutoff: string;
  policyHash?: string | undefined;
  paused?: PauseRequest | undefined;
  pace?: Pace | undefined;
  /** The latest signals that made no sense, and why. */
  rejected: string[];
}

type Holds = ReturnType<typeof sourceActivities>['holds'];

const rejectedKept = 5;

/** A purge's settings, and the means to cancel what is in flight when they change. */
export class PurgeControl {
  /** By the ledger, when the purge was paused; undefined while it isn't. */
  position: HeldPosition | undefined;
  /** No slice begins while the ledger is asked for its hold. */
  #readingHold = false;
  #scope: CancellationScope | undefined;
  #interrupted = false;
  #woken = 0;
  #seen = 0;
  #order: Promise<unknown> = Promise.resolve();

  constructor(
    readonly table: string,
    readonly settings: PurgeSettings,
    readonly holds: Holds,
  ) {}

  async whilePaused(): Promise<void> {
    for (let hold = this.settings.paused; hold; hold = this.settings.paused) {
      const over = () => this.settings.paused !== hold;
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
    if (this.settings.paused || this.#readingHold) return;
    try {
      await CancellationScope.cancellable(async () => {
        this.#scope = CancellationScope.current();
        await work();
      });
    } catch (error) {
      // Ours: also a pause in the middle of a retry's backoff. Anything else goes on up.
      if (!this.settings.paused && !this.#interrupted) throw error;
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
      const before = this.settings.paused;
      // No slice starts from here on, and the one in flight gives its slot to the writing of the hold.
      this.settings.paused = request;
      const written = this.holds.holdTable({ table: this.table, ...request });
      this.#scope?.cancel();
      try {
        this.position = await written;
      } catch (error) {
        this.settings.paused = before;
        throw error;
      }
      await condition(() => this.#scope === undefined);
    });
  }

  resume(): Promise<void> {
    return this.#inOrder(async () => this.#take(await this.holds.releaseTable({ table: this.table })));
  }

  /** Takes over whatever hold the ledger has now, or none; returns when nothing is in flight. */
  takeHold(): Promise<void> {
    return this.#inOrder(async () => {
      this.#readingHold = true;
      try {
        const answer = this.holds.readHold({ table: this.table });
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
    this.settings.pace = pace ?? undefined;
    this.#interrupt();
  }

  /** The cutoff only grows. */
  extend(cutoff: string, policyHash: string | undefined): void {
    if (cutoff <= this.settings.cutoff) return;
    this.settings.cutoff = cutoff;
    if (typeof policyHash === 'string') this.settings.policyHash = policyHash.slice(0, 64);
    this.#woken++;
  }

  reject(message: string, reason: string): void {
    this.settings.rejected = [...this.settings.rejected, `${message}: ${reason.slice(0, 300)}`].slice(-rejectedKept);
  }

  #interrupt(): void {
    this.#interrupted = true;
    this.#scope?.cancel();
  }

  #take(found: HeldPosition): void {
    if (found.hold) {
      this.settings.paused = found.hold;
      this.position = found;
    } else this.#goOn();
  }

  #goOn(): void {
    this.settings.paused = undefined;
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
