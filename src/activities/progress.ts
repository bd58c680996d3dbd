import type { Attempt } from '../job/attempt.ts';
import type { SessionScope } from '../mysql/session/sessionScope.ts';

/** What an attempt reports of itself: flat, for heartbeats and log lines. */
export type Details = Record<string, string | number>;

/** Bounds of an attempt that makes no progress, in milliseconds. */
export interface ProgressLimits {
  /** After which it says so: in its heartbeats, in the log and in the metrics. */
  tellMillis: number;
  /** After which it is given up and tried again. More than a request to S3 takes with all its repeats. */
  giveUpMillis: number;
  /** After which it is left behind if it doesn't end on its cancellation. More than a session has until it is cut. */
  endMillis: number;
}

export const progressLimits: ProgressLimits = { tellMillis: 60_000, giveUpMillis: 900_000, endMillis: 15_000 };

/** An attempt waited so long for something that gave no answer and no reason. Tried again: its epoch shuts the old attempt out. */
export class NoProgress extends Error {
  override readonly name = 'NoProgress';
  constructor(
    readonly seconds: number,
    readonly last: Details,
  ) {
    super(`no progress for ${seconds} s, given up and tried again; the last was ${describe(last)}`);
  }
}

/** What hears of an attempt's progress. */
export interface ProgressListener {
  heartbeat(details: Details): void;
  /** Each second in which the attempt makes no progress, beyond what it may take. */
  stalled(details: Details, seconds: number): void;
}

const running = new Set<ProgressWatch>();

/** What this process's attempts report of themselves now, a line each. */
export function runningAttempts(): string[] {
  return [...running].map((watch) => describe(watch.details));
}

/**
 * One attempt's progress. A heartbeat by the timer alone would say of an attempt that hangs for ever that it lives: so
 * only what the attempt reports counts, or a server that says it is still at the attempt's statement.
 */
export class ProgressWatch implements Pick<Attempt, 'heartbeat' | 'signal'>, SessionScope {
  /** Aborted with the attempt's cancellation, or when it is given up: its sessions are cut some seconds later. */
  readonly signal: AbortSignal;
  /** Rejected when the attempt is given up, or left behind after its cancellation. */
  readonly over: Promise<never>;
  #end: (error: unknown) => void = () => undefined;
  readonly #abort = new AbortController();
  readonly #timer: NodeJS.Timeout;
  #last: Details;
  #since = performance.now();
  #cancelledAt: number | undefined;

  constructor(
    readonly activity: string,
    readonly cancelled: AbortSignal,
    readonly listener: ProgressListener,
    readonly limits: ProgressLimits,
  ) {
    this.#last = { phase: activity };
    this.signal = AbortSignal.any([cancelled, this.#abort.signal]);
    this.over = new Promise<never>((_, reject) => {
      this.#end = reject;
    });
    this.over.catch(() => undefined);
    this.#timer = setInterval(() => this.#tick(), Math.min(1_000, limits.tellMillis));
    running.add(this);
  }

  /** The last that it reported, and for how long it has reported nothing, where that is too long. */
  get details(): Details {
    const quiet = performance.now() - this.#since;
    if (quiet < this.limits.tellMillis) return this.#last;
    return { ...this.#last, noProgressSeconds: Math.round(quiet / 1000) };
  }

  readonly heartbeat = (progress: Details): void => {
    this.#since = performance.now();
    this.#last = progress;
    this.listener.heartbeat(progress);
  };

  readonly alive = (seconds: number): void => {
    this.#since = performance.now();
    this.#last = { ...this.#last, statementSeconds: seconds };
  };

  close(): void {
    clearInterval(this.#timer);
    running.delete(this);
  }

  #tick(): void {
    const now = performance.now();
    const quiet = now - this.#since;
    this.listener.heartbeat(this.details);
    if (quiet >= this.limits.tellMillis) this.listener.stalled(this.details, Math.round(quiet / 1000));
    if (quiet >= this.limits.giveUpMillis) {
      const error = new NoProgress(Math.round(quiet / 1000), this.#last);
      this.#abort.abort(error);
      this.#end(error);
    }
    if (!this.cancelled.aborted) return;
    this.#cancelledAt ??= now;
    if (now - this.#cancelledAt >= this.limits.endMillis) this.#end(this.cancelled.reason);
  }
}

function describe(details: Details): string {
  return Object.entries(details)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');
}
