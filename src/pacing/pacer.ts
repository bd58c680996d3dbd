import type { TablePolicy } from '../config/policy.ts';
import { type PurgeWindow, parseWindow } from '../config/window.ts';
import { Governed, type KeptImpact, type Others } from './governed.ts';
import { describePace, type Pace, resolvePace, restAfter } from './operatorPace.ts';
import { emptyPacerState, type PacerState } from './pacerState.ts';
import { pause } from './pause.ts';
import { defaultBounds, nextServo, reviveServo, type ServoBounds, type ServoState, stallServo } from './servo.ts';
import type { Due } from './spread.ts';
import { type Contention, type Health, waitReasons } from './throttle.ts';
import {
  addWork,
  continueAccount,
  openWait,
  type Shares,
  sharesOf,
  startAccount,
  type TimeAccount,
  type Wait,
} from './timeAccount.ts';
import { afterContention, outsideWindow, type TimedReason } from './timedReason.ts';

/** Why the next transaction has to wait, in words, and since when. A person's hold is another thing: see src/ledger. */
export interface Held {
  reason: string;
  /** ISO 8601, by MySQL's clock. */
  since: string;
  /** The earliest end, ISO 8601, where it is known: the window opens, the rest is over. */
  until?: string;
}

/** Measures the server, at most once a second however many pacers ask. */
export interface HealthReader {
  read(signal: AbortSignal): Promise<Health>;
}

export interface PacerOptions {
  policy: Pick<TablePolicy, 'throttle' | 'window' | 'maxRowsPerSecond'> & Partial<Pick<TablePolicy, 'impact' | 'pace'>>;
  health: HealthReader;
  /** What others feel; left out: it goes at full pace. */
  others?: Others | undefined;
  /** What the table's purge has to do, and until when: `pace: steady` spreads it over that time. */
  due?: Due | undefined;
  /** The operator's pace; it goes before the policy's. */
  pace?: Pace;
  /** The last slice's state. */
  state?: PacerState;
  /** How long `ready` waits before it returns the reason, in milliseconds: a longer wait would occupy a worker's slot. Default 30 s. */
  patienceMillis?: number;
}

/** Between two looks at the reasons to wait. */
const lookMillis = 1_000;

/**
 * Decides between two transactions of a purge when the next may begin and how many rows it may take. The purge asks before
 * each transaction, and records its rows and its time after it.
 *
 * @example
 * const held = await pacer.ready(signal);
 * if (held) return { held: held.reason };
 * const run = takeRun(chunks, next, pacer.rows);
 * …
 * pacer.record(rows, millis);
 */
export class Pacer {
  readonly #options: PacerOptions;
  readonly #pace: ReturnType<typeof resolvePace>;
  readonly #governed: Governed | undefined;
  readonly #window: PurgeWindow | undefined;
  readonly #patience: number;
  #servo: ServoState;
  #contention: Contention | undefined;
  /** By the monotonic clock, in milliseconds. */
  #restUntil = Number.NEGATIVE_INFINITY;
  /** When the last slice's rest ends, by MySQL's clock, until that clock has been read. */
  #carriedRestUntil: number | undefined;
  #heldSince: number | undefined;
  #heldBy: ReadonlySet<string>;
  #clock: Health['clock'];
  #restsForOthers = true;
  #oversized: string | undefined;
  readonly #heldMillis = new Map<string, number>();
  #account: TimeAccount | undefined;
  /** The wait that the last slice ended with. */
  #waited: Wait | undefined;

  constructor(options: PacerOptions) {
    const { policy, state = emptyPacerState } = options;
    const { targetMillis, restRatio } = policy.throttle;
    this.#options = options;
    this.#pace = resolvePace({ rowsPerSecond: policy.maxRowsPerSecond, targetMillis, restRatio }, options.pace);
    const mode = options.pace?.pace ?? policy.pace ?? 'full';
    const { others, due } = options;
    if (others && mode !== 'full')
      this.#governed = new Governed(others, {
        limit: policy.impact?.limit ?? 1.1,
        mode,
        due,
        duty: state.impact?.duty,
      });
    this.#window = policy.window === undefined ? undefined : parseWindow(policy.window);
    this.#patience = options.patienceMillis ?? 30_000;
    this.#servo = reviveServo(state.servo, this.#bounds());
    this.#carriedRestUntil = state.restUntil > 0 ? state.restUntil : undefined;
    this.#heldSince = state.heldSince;
    this.#heldBy = new Set(state.heldBy);
    this.#account = state.spent;
    this.#waited = state.spent?.wait;
  }

  /**
   * For use between an export's pages. An export writes nothing that a replica would have to apply, and must be done
   * within hours: replica lag, the purge window and the pace don't make it wait. The health of the source itself does.
   */
  static forExport({ policy, ...options }: Omit<PacerOptions, 'pace' | 'state' | 'due'>): Pacer {
    const throttle = { ...policy.throttle, replicaLagSeconds: 'off' as const, restRatio: 0 };
    const { impact, pace: mode } = policy;
    return new Pacer({ ...options, policy: { throttle, maxRowsPerSecond: 0, impact, pace: mode } });
  }

  /** Runs a transaction, or the reading of a page, so that others' latency is known beside it. */
  during<T>(work: () => Promise<T>): Promise<T> {
    return this.#governed ? this.#governed.during(work) : work();
  }

  /** The share of the time that it may work: below 1 it does one thing at a time. */
  get duty(): number {
    return this.#governed?.duty ?? 1;
  }

  /** What others feel of it; undefined at full pace. */
  get impact(): KeptImpact | undefined {
    return this.#governed?.kept();
  }

  /** Rows that the next transaction may take. A single chunk may have more: it is the unit of proof and isn't split. */
  get rows(): number {
    return this.#servo.rows;
  }

  /** In words, if the last transaction was a single chunk larger than the servo allowed. */
  get oversized(): string | undefined {
    return this.#oversized;
  }

  /** How long this pacer has waited, in milliseconds, by reason: `window`, `pace`, `contention`, or a signal and its server. */
  get heldMillis(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#heldMillis);
  }

  /**
   * Waits until the next transaction may begin. Returns why it may not once it has waited `patienceMillis`, or at once
   * where the wait is known to be longer.
   *
   * @param waiting is called and awaited once a second while it waits, for heartbeats and status
   * @throws the signal's reason, at once: a pause or a cancellation doesn't wait for the end (pitfall P46)
   */
  async ready(signal: AbortSignal, waiting?: (held: Held) => unknown): Promise<Held | undefined> {
    const deadline = performance.now() + this.#patience;
    for (;;) {
      signal.throwIfAborted();
      const health = await this.#options.health.read(signal);
      await this.#governed?.look(signal);
      signal.throwIfAborted();
      const found = this.#look(health);
      if (!found) return undefined;
      const left = deadline - performance.now();
      const known = found.until === undefined ? undefined : Date.parse(found.until) - this.#serverNow();
      if (left <= 0 || (known !== undefined && known > left)) return found;
      const from = performance.now();
      await waiting?.(found);
      await pause(Math.min(lookMillis, left, Math.max(0, known ?? lookMillis)), signal);
      // Only the first of several reasons is charged, so that the shares add up to the whole.
      const [key = ''] = this.#heldBy;
      this.#heldMillis.set(key, (this.#heldMillis.get(key) ?? 0) + performance.now() - from);
    }
  }

  /** Records a transaction that committed: its rows, and how long it took in milliseconds. */
  record(rows: number, millis: number): void {
    this.#contention = undefined;
    this.#oversized =
      rows > this.rows ? `a chunk of ${rows} rows isn't split, though the target allows ${this.rows}` : undefined;
    this.#servo = nextServo(this.#servo, rows, millis, this.#bounds());
    this.#carriedRestUntil = undefined;
    this.#rest(rows, millis);
    this.recordUnpaced(rows, millis);
  }

  /** Records rows that weren't deleted by the servo's transactions, but with a native partition. */
  recordUnpaced(rows: number, millis: number): void {
    const now = this.#serverNow();
    this.#account = addWork(this.#account ?? startAccount(now - millis), now - millis, now, rows);
    this.#waited = undefined;
  }

  /** Records that the purge waits for something that the pacer doesn't measure: a person's hold, or the fuse. */
  heldFor(by: 'hold' | 'fuse' | 'clock', reason: string): void {
    this.#openWait(by, reason, this.#waited?.by === by ? this.#waited.since : undefined);
  }

  /** How the latest minutes were spent; null before the first transaction or wait. */
  get shares(): Shares | null {
    return this.#account ? sharesOf(this.#account, this.#serverNow()) : null;
  }

  /** Records a lock wait timeout (error 1205) or a deadlock (1213): the next transaction begins later and is smaller. */
  recordContention(kind: Contention['kind']): void {
    this.#contention = { kind, times: (this.#contention?.times ?? 0) + 1, at: performance.now() };
    this.#servo = stallServo(this.#servo, this.#bounds());
  }

  /** What the next slice continues with: plain JSON. */
  state(): PacerState {
    return {
      servo: this.#servo,
      restUntil: this.#carriedRestUntil ?? Math.max(0, Math.round(this.#toServer(this.#restUntil))),
      heldBy: [...this.#heldBy],
      heldSince: this.#heldSince,
      spent: this.#account,
      impact: this.impact,
    };
  }

  #bounds(): ServoBounds {
    const { targetMillis } = this.#pace;
    return { ...defaultBounds, targetMillis: this.#governed?.targetMillis(targetMillis) ?? targetMillis };
  }

  #rest(rows: number, millis: number): void {
    const forPace = restAfter(this.#pace, rows, millis);
    const forOthers = this.#governed?.restAfter(rows, millis) ?? 0;
    this.#restsForOthers = forOthers > forPace;
    this.#restUntil = performance.now() + Math.max(forPace, forOthers);
  }

  #look(health: Health): Held | undefined {
    this.#clock = health.clock ?? this.#clock;
    const now = performance.now();
    if (this.#carriedRestUntil !== undefined) this.#restUntil = now + (this.#carriedRestUntil - this.#serverNow());
    this.#carriedRestUntil = undefined;
    const limits = this.#options.policy.throttle;
    const moment = { now, serverNow: this.#serverNow(), clock: this.#clock };
    const resting = this.#governed?.heldNow(moment.serverNow) ?? this.#resting(now);
    const contended = afterContention(this.#contention, limits, moment);
    const timed = [outsideWindow(this.#window, moment), resting, contended].filter((each) => each !== undefined);
    const reasons: TimedReason[] = [...timed, ...waitReasons(health, limits, now, this.#heldBy)];
    this.#heldBy = new Set(reasons.map(({ key }) => key));
    if (reasons.length === 0) {
      this.#heldSince = undefined;
      this.#account = this.#continued();
      return undefined;
    }
    this.#heldSince ??= Math.round(this.#serverNow());
    const reason = reasons.map((each) => each.reason).join('; ');
    this.#openWait(reasons[0]?.key ?? '', reason, this.#heldSince);
    const end = Math.max(...reasons.map(({ until }) => until ?? 0));
    return {
      reason,
      since: new Date(this.#heldSince).toISOString(),
      // Even if one of several has no known end, the wait lasts at least as long as those that have one.
      until: end > 0 ? new Date(end).toISOString() : undefined,
    };
  }

  #openWait(by: string, reason: string, since?: number): void {
    const now = Math.round(this.#serverNow());
    this.#account = openWait(this.#continued(), now, { by, reason, since: since ?? now });
  }

  /** The account with the open wait entered up to now, under its own reason. */
  #continued(): TimeAccount {
    const now = this.#serverNow();
    return continueAccount(this.#account ?? startAccount(now), now);
  }

  #resting(now: number): TimedReason | undefined {
    if (this.#restUntil <= now) return undefined;
    const until = this.#toServer(this.#restUntil);
    if (this.#governed && this.#restsForOthers) return this.#governed.resting(until);
    const pace = describePace(this.#pace);
    // A rest that began under a pace that is no longer in force is over.
    return pace === undefined ? undefined : { key: 'pace', reason: `at its pace of ${pace}`, until };
  }

  #serverNow(): number {
    return this.#toServer(performance.now());
  }

  /** A moment of the monotonic clock as MySQL's clock shows it; before that clock has been read, as the worker's does. */
  #toServer(monotonic: number): number {
    const { epochMillis, goodAt } = this.#clock ?? { epochMillis: Date.now(), goodAt: performance.now() };
    return epochMillis + (monotonic - goodAt);
  }
}
