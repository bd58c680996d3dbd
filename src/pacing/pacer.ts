import { setTimeout as wait } from 'node:timers/promises';
import type { TablePolicy } from '../config/policy.ts';
import { type PurgeWindow, parseWindow } from '../config/window.ts';
import { describePace, type Pace, resolvePace, restAfter } from './operatorPace.ts';
import { emptyPacerState, type PacerState } from './pacerState.ts';
import { defaultBounds, nextServo, reviveServo, type ServoBounds, type ServoState, stallServo } from './servo.ts';
import { type Contention, contentionRest, type Finding, findHolds, type Health, staleAfterMillis } from './throttle.ts';
import {
  continueSpent,
  type Shares,
  type SpentTime,
  sharesOf,
  spend,
  startSpent,
  type Wait,
  waitFor,
} from './timeAccount.ts';
import { describeClosed, windowAt } from './window.ts';

/** Why the next transaction waits, in words, and since when. */
export interface Hold {
  reason: string;
  /** ISO 8601, by MySQL's clock. */
  since: string;
  /** ISO 8601, not before which it ends, where that is known: a window that opens, a rest that is over. */
  until?: string;
}

/** Who measures the server: at most once a second, whoever asks. */
export interface HealthReader {
  read(signal: AbortSignal): Promise<Health>;
}

export interface PacerOptions {
  policy: Pick<TablePolicy, 'throttle' | 'window' | 'maxRowsPerSecond'>;
  health: HealthReader;
  /** What the operator asks for beside the policy. */
  pace?: Pace;
  /** What the last slice left behind. */
  state?: PacerState;
  /** How long `ready` waits before it gives the hold back, in milliseconds: then the slot is better free. Default 30 s. */
  patienceMillis?: number;
}

/** Between two looks at what holds. */
const lookMillis = 1_000;

/**
 * What a purge asks between two transactions, and tells after each: when the next may begin, and how many rows it may take.
 *
 * @example
 * const hold = await pacer.ready(signal);
 * if (hold) return { held: hold.reason };
 * const run = takeRun(chunks, next, pacer.rows);
 * …
 * pacer.record(rows, millis);
 */
export class Pacer {
  readonly #options: PacerOptions;
  readonly #pace: Required<Pace>;
  readonly #bounds: ServoBounds;
  readonly #window: PurgeWindow | undefined;
  readonly #patience: number;
  #servo: ServoState;
  #contention: Contention | undefined;
  /** By the monotonic clock, in milliseconds. */
  #restUntil = Number.NEGATIVE_INFINITY;
  /** What the last slice still had to rest, by MySQL's clock, until that is known. */
  #carriedRestUntil: number | undefined;
  #heldSince: number | undefined;
  #heldBy: ReadonlySet<string>;
  #clock: Health['clock'];
  #oversized: string | undefined;
  readonly #heldMillis = new Map<string, number>();
  #spent: SpentTime | undefined;
  /** What the last slice was left waiting for. */
  #waited: Wait | undefined;

  constructor(options: PacerOptions) {
    const { policy, state = emptyPacerState } = options;
    const { targetMillis, restRatio } = policy.throttle;
    this.#options = options;
    this.#pace = resolvePace({ rowsPerSecond: policy.maxRowsPerSecond, targetMillis, restRatio }, options.pace);
    this.#bounds = { ...defaultBounds, targetMillis: this.#pace.targetMillis };
    this.#window = policy.window === undefined ? undefined : parseWindow(policy.window);
    this.#patience = options.patienceMillis ?? 30_000;
    this.#servo = reviveServo(state.servo, this.#bounds);
    this.#carriedRestUntil = state.restUntil > 0 ? state.restUntil : undefined;
    this.#heldSince = state.heldSince;
    this.#heldBy = new Set(state.heldBy);
    this.#spent = state.spent;
    this.#waited = state.spent?.wait;
  }

  /**
   * For use between an export's pages. It writes nothing that a replica would have to apply, and must be done within
   * hours, so that replicas, the purge window and the pace don't hold it; what it reads from does.
   */
  static forExport({ policy, ...options }: Omit<PacerOptions, 'pace' | 'state'>): Pacer {
    const throttle = { ...policy.throttle, replicaLagSeconds: 'off' as const, restRatio: 0 };
    return new Pacer({ ...options, policy: { throttle, maxRowsPerSecond: 0 } });
  }

  /** Rows that the next transaction may take. A single chunk may hold more: it is the unit of proof, and isn't split. */
  get rows(): number {
    return this.#servo.rows;
  }

  /** In words, where the last transaction was a single chunk larger than the servo allowed. */
  get oversized(): string | undefined {
    return this.#oversized;
  }

  /** How long this pacer has waited, in milliseconds, by what held: `window`, `pace`, `contention`, or a signal and whose. */
  get heldMillis(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#heldMillis);
  }

  /**
   * Waits until the next transaction may begin. Gives the hold back once it has lasted `patienceMillis`, or at once
   * where it is known to last longer.
   *
   * @param waiting is told of the hold once a second, for heartbeats and for who watches; it is waited for
   * @throws the signal's reason, at once: a pause or a cancel doesn't wait for the hold's end (P46)
   */
  async ready(signal: AbortSignal, waiting?: (hold: Hold) => unknown): Promise<Hold | undefined> {
    const deadline = performance.now() + this.#patience;
    for (;;) {
      signal.throwIfAborted();
      const health = await this.#options.health.read(signal);
      signal.throwIfAborted();
      const found = this.#look(health);
      if (!found) return undefined;
      const left = deadline - performance.now();
      const known = found.until === undefined ? undefined : Date.parse(found.until) - this.#serverNow();
      if (left <= 0 || (known !== undefined && known > left)) return found;
      const from = performance.now();
      await waiting?.(found);
      await pause(Math.min(lookMillis, left, Math.max(0, known ?? lookMillis)), signal);
      // To one of several reasons, so that the shares add up to the whole.
      const [key = ''] = this.#heldBy;
      this.#heldMillis.set(key, (this.#heldMillis.get(key) ?? 0) + performance.now() - from);
    }
  }

  /** Tells of a transaction that went through: its rows, and how long it took in milliseconds. */
  record(rows: number, millis: number): void {
    this.#contention = undefined;
    this.#oversized =
      rows > this.rows ? `a chunk of ${rows} rows isn't split, though the target allows ${this.rows}` : undefined;
    this.#servo = nextServo(this.#servo, rows, millis, this.#bounds);
    this.#carriedRestUntil = undefined;
    this.#restUntil = performance.now() + restAfter(this.#pace, rows, millis);
    this.recordUnpaced(rows, millis);
  }

  /** Tells of rows that went otherwise than by the servo's transactions, native partitions say. */
  recordUnpaced(rows: number, millis: number): void {
    const now = this.#serverNow();
    this.#spent = spend(this.#spent ?? startSpent(now - millis), now - millis, now, { rows });
    this.#waited = undefined;
  }

  /** Tells that it is held by what isn't measured: a person's hold, or the fuse. */
  heldFor(by: 'hold' | 'fuse', reason: string): void {
    this.#wait(by, reason, this.#waited?.by === by ? this.#waited.since : undefined);
  }

  /** How the latest minutes were spent; null where nothing is known of them yet. */
  get shares(): Shares | null {
    return this.#spent ? sharesOf(this.#spent, this.#serverNow()) : null;
  }

  /** Tells of a lock wait (1205) or a deadlock (1213) that was just met: the next transaction is later, and smaller. */
  met(kind: Contention['kind']): void {
    this.#contention = { kind, times: (this.#contention?.times ?? 0) + 1, at: performance.now() };
    this.#servo = stallServo(this.#servo, this.#bounds);
  }

  /** What the next slice goes on with: plain JSON. */
  state(): PacerState {
    return {
      servo: this.#servo,
      restUntil: this.#carriedRestUntil ?? Math.max(0, Math.round(this.#toServer(this.#restUntil))),
      heldBy: [...this.#heldBy],
      ...(this.#heldSince === undefined ? {} : { heldSince: this.#heldSince }),
      ...(this.#spent === undefined ? {} : { spent: this.#spent }),
    };
  }

  #look(health: Health): Hold | undefined {
    this.#clock = health.clock ?? this.#clock;
    const now = performance.now();
    if (this.#carriedRestUntil !== undefined) this.#restUntil = now + (this.#carriedRestUntil - this.#serverNow());
    this.#carriedRestUntil = undefined;
    const limits = this.#options.policy.throttle;
    const timed = [this.#outsideWindow(now), this.#resting(now), this.#contended(now)].filter(
      (each) => each !== undefined,
    );
    const findings: (Finding & { until?: number })[] = [...timed, ...findHolds(health, limits, now, this.#heldBy)];
    this.#heldBy = new Set(findings.map(({ key }) => key));
    if (findings.length === 0) {
      this.#heldSince = undefined;
      this.#spent = this.#spentSoFar();
      return undefined;
    }
    this.#heldSince ??= Math.round(this.#serverNow());
    const reason = findings.map((each) => each.reason).join('; ');
    this.#wait(findings[0]?.key ?? '', reason, this.#heldSince);
    const ends = findings.map(({ until }) => until ?? 0);
    return {
      reason,
      since: new Date(this.#heldSince).toISOString(),
      // Where one of several has no known end, the hold lasts at least as long as those that have one.
      ...(Math.max(...ends) > 0 ? { until: new Date(Math.max(...ends)).toISOString() } : {}),
    };
  }

  #wait(by: string, reason: string, since?: number): void {
    const now = Math.round(this.#serverNow());
    this.#spent = waitFor(this.#spentSoFar(), now, { by, reason, since: since ?? now });
  }

  /** What was waited for until now is told by the wait's own reason. */
  #spentSoFar(): SpentTime {
    const now = this.#serverNow();
    return continueSpent(this.#spent ?? startSpent(now), now);
  }

  #outsideWindow(now: number): (Finding & { until?: number }) | undefined {
    if (!this.#window) return undefined;
    const key = 'window';
    if (!this.#clock || now - this.#clock.goodAt > staleAfterMillis)
      return {
        key,
        reason: `MySQL's clock can't be read, so whether the purge window ${this.#window.text} is open isn't known`,
      };
    const state = windowAt(this.#window, this.#serverNow());
    if (state.open) return undefined;
    const reason = describeClosed(this.#window, state);
    return state.changesAt === undefined ? { key, reason } : { key, reason, until: state.changesAt };
  }

  #resting(now: number): (Finding & { until: number }) | undefined {
    const pace = describePace(this.#pace);
    // A rest that was begun under a pace that nobody asks for any more is over.
    if (this.#restUntil <= now || pace === undefined) return undefined;
    return { key: 'pace', reason: `at its pace of ${pace}`, until: this.#toServer(this.#restUntil) };
  }

  #contended(now: number): (Finding & { until: number }) | undefined {
    const left = contentionRest(this.#contention, this.#options.policy.throttle, now);
    if (!this.#contention || left === 0) return undefined;
    const { kind, times } = this.#contention;
    const reason = `after a ${kind}${times > 1 ? `, ${times} in a row now` : ''}`;
    return { key: 'contention', reason, until: this.#serverNow() + left };
  }

  #serverNow(): number {
    return this.#toServer(performance.now());
  }

  /** A moment of the monotonic clock by MySQL's; before that was ever read, by the worker's own. */
  #toServer(monotonic: number): number {
    const { epochMillis, goodAt } = this.#clock ?? { epochMillis: Date.now(), goodAt: performance.now() };
    return epochMillis + (monotonic - goodAt);
  }
}

/** Waits; the abort is told by who looks at the signal next. */
async function pause(millis: number, signal: AbortSignal): Promise<void> {
  await wait(millis, undefined, { signal }).catch(() => undefined);
}
