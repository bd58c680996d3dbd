import {
  describeGovernor,
  firstRest,
  firstTransactions,
  type GovernorState,
  type Impact,
  impactRatio,
  nextDuty,
  restFor,
  startGovernor,
  transactionMillis,
} from './governor.ts';
import { quietUntil } from './quiet.ts';
import { type Due, neededRate, type PaceMode, spreadRest } from './spread.ts';

/** Measures what others on the server feel while anybody of this worker works, and while nobody does. */
export interface Others {
  /** `work` is at the server from now on. */
  begin(work: object): void;
  end(work: object): void;
  /** Never throws. */
  look(work: object, signal: AbortSignal): Promise<Impact>;
}

/** What the governor found, as status and metrics show it. Plain JSON, kept with the pacer's state. */
export interface KeptImpact {
  /** The share of the time that it works, 0 to 1. */
  duty: number;
  limit: number;
  /** How many times as long others' statements take while it works; null until that is known. */
  ratio: number | null;
  /** What others' statements take, in milliseconds. */
  workMillis: number | null;
  restMillis: number | null;
  /** What measured it: `statements` or `canary`. */
  by: string | null;
  /** In words. */
  reason: string;
}

/** A reason to wait, as the pacer lists them. */
interface Reason {
  key: 'impact' | 'pace';
  reason: string;
  /** Milliseconds since 1970 UTC, by MySQL's clock. */
  until?: number;
}

/** No rest is longer, however long the transaction was: an operator should see it go on. */
const longestRestMillis = 60_000;

/** A purge or an export under the governor, with the clock. */
export class Governed {
  readonly #others: Others;
  readonly #limit: number;
  readonly #rate: number | undefined;
  #state: GovernorState;
  #impact: Impact = { works: 1 };
  #atWork = 0;
  #transactions = 0;
  #restsFor: 'impact' | 'pace' = 'impact';

  constructor(others: Others, options: { limit: number; mode: PaceMode; due?: Due | undefined; duty?: number }) {
    this.#others = others;
    this.#limit = options.limit;
    this.#rate = options.mode === 'steady' && options.due ? neededRate(options.due) : undefined;
    this.#state = startGovernor(performance.now(), options.duty);
  }

  get duty(): number {
    return this.#state.duty;
  }

  async look(signal: AbortSignal): Promise<void> {
    this.#impact = await this.#others.look(this, signal);
    this.#state = nextDuty(this.#state, this.#impact, this.#limit, performance.now());
  }

  /** Runs what works at the server, so that it counts as work. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    if (this.#atWork++ === 0) this.#others.begin(this);
    try {
      return await work();
    } finally {
      if (--this.#atWork === 0) this.#others.end(this);
    }
  }

  /** What a transaction should take, of at most the target, in milliseconds. */
  targetMillis(target: number): number {
    return transactionMillis(this.#state.duty, target);
  }

  /** How long to rest after so many rows, in milliseconds. */
  restAfter(rows: number, millis: number): number {
    const { felt, works } = this.#impact;
    const isFirst = !felt && works <= 1 && this.#transactions++ < firstTransactions;
    const forOthers = (isFirst ? firstRest : restFor)(this.#state.duty, millis);
    const toSpread = spreadRest(this.#rate, rows, millis);
    this.#restsFor = toSpread > forOthers ? 'pace' : 'impact';
    return Math.min(longestRestMillis, Math.max(forOthers, toSpread));
  }

  /** Why nothing may begin whatever the duty: it can't be measured, or it is the moment when all rest. */
  heldNow(serverNow: number): Reason | undefined {
    if (this.#impact.held !== undefined) return { key: 'impact', reason: this.#impact.held };
    const until = quietUntil(serverNow);
    return until === undefined ? undefined : { key: 'impact', reason: this.#describe(), until };
  }

  resting(until: number): Reason {
    if (this.#restsFor === 'impact') return { key: 'impact', reason: this.#describe(), until };
    return { key: 'pace', reason: `spread over the day at ${Math.ceil(this.#rate ?? 0)} rows/s (pace: steady)`, until };
  }

  kept(): KeptImpact {
    const { felt, by } = this.#impact;
    const rounded = (value: number) => Math.round(value * 1_000) / 1_000;
    return {
      duty: rounded(this.#state.duty),
      limit: this.#limit,
      ratio: felt ? rounded(impactRatio(felt)) : null,
      workMillis: felt ? rounded(felt.work) : null,
      restMillis: felt ? rounded(felt.rest) : null,
      by: felt ? (by ?? null) : null,
      reason: this.#impact.held ?? this.#describe(),
    };
  }

  #describe(): string {
    return describeGovernor(this.#state.duty, this.#impact, this.#limit);
  }
}

/** Reads `kept` back from JSON; undefined for anything else. */
export function parseKeptImpact(value: unknown): KeptImpact | undefined {
  const found = (value ?? {}) as Record<string, unknown>;
  const amount = (key: string) => (typeof found[key] === 'number' && Number.isFinite(found[key]) ? found[key] : null);
  const duty = amount('duty');
  const limit = amount('limit');
  if (duty === null || limit === null || typeof found.reason !== 'string') return undefined;
  return {
    duty,
    limit,
    ratio: amount('ratio'),
    workMillis: amount('workMillis'),
    restMillis: amount('restMillis'),
    by: typeof found.by === 'string' ? found.by : null,
    reason: found.reason,
  };
}
