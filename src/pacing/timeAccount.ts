/** What a purge waits for now. */
export interface Wait {
  /** `hold`, `fuse`, `window`, `pace`, `contention`, or a signal of the throttle and whose: `replicaLagSeconds replica db-2`. */
  by: string;
  reason: string;
  /** Milliseconds since 1970 UTC. */
  since: number;
}

interface Minute {
  /** When it begins: milliseconds since 1970 UTC. */
  at: number;
  rows: number;
  /** Milliseconds in transactions that went through. */
  work: number;
  /** Milliseconds by what held. */
  held: Readonly<Record<string, number>>;
}

/** How a purge spent its latest minutes, by MySQL's clock: plain JSON, kept with its pace. */
export interface SpentTime {
  /** Nothing is known from before: milliseconds since 1970 UTC, as `until`. */
  since: number;
  /** Up to when it is told. */
  until: number;
  minutes: readonly Minute[];
  /** Why it waits since `until`; absent while it works. */
  wait?: Wait;
}

/** The same as shares of a span that ends now. */
export interface Shares {
  /** The span. */
  seconds: number;
  /** Rows deleted in it. */
  rows: number;
  deleting: number;
  held: number;
  /** What `held` is made of, the largest first; `by` in words. */
  heldBy: readonly { by: string; share: number }[];
  /** Seconds in which the purge might not run, whatever its pace: outside its window, or under its fuse. */
  closedSeconds: number;
}

const minuteMillis = 60_000;
/** Long enough for several looks at a lagging replica, short enough to be about now. */
const toldMinutes = 10;
/** Between two looks of a purge that is held its workflow waits a quarter of an hour at most: what is older is of one that ended. */
const longestWaitMillis = 16 * minuteMillis;
/** A purge that works tells each ten seconds: before twice that nobody knows of a break. */
const silentMillis = 20_000;

/** An account that begins now. */
export function startSpent(now: number): SpentTime {
  const at = Math.round(now);
  return { since: at, until: at, minutes: [] };
}

/** With a span added: rows that were deleted in it, or what held. What is told already isn't told twice. */
export function spend(spent: SpentTime, from: number, to: number, on: { rows: number } | { by: string }): SpentTime {
  const oldest = startOfMinute(to) - toldMinutes * minuteMillis;
  const minutes = new Map(spent.minutes.filter(({ at }) => at >= oldest).map((each) => [each.at, each]));
  for (let begin = Math.max(from, spent.until, oldest); begin < to; ) {
    const at = startOfMinute(begin);
    const end = Math.min(to, at + minuteMillis);
    const known = minutes.get(at) ?? { at, rows: 0, work: 0, held: {} };
    const millis = Math.round(end - begin);
    minutes.set(
      at,
      'rows' in on
        ? { ...known, work: known.work + millis }
        : { ...known, held: { ...known.held, [on.by]: (known.held[on.by] ?? 0) + millis } },
    );
    begin = end;
  }
  if ('rows' in on) {
    const at = startOfMinute(to);
    const known = minutes.get(at) ?? { at, rows: 0, work: 0, held: {} };
    minutes.set(at, { ...known, rows: known.rows + on.rows });
  }
  const { wait: _, ...rest } = spent;
  return {
    ...rest,
    since: Math.round(Math.max(spent.since, oldest)),
    until: Math.round(Math.max(spent.until, to)),
    minutes: [...minutes.values()].sort((one, other) => one.at - other.at),
  };
}

/** With what it waits for from now on. */
export function waitFor(spent: SpentTime, now: number, wait: Wait): SpentTime {
  return { ...spent, until: Math.max(spent.until, now), wait };
}

/** As it stands at a later moment: the wait that it was left with has gone on; a long silence begins anew. */
export function continueSpent(spent: SpentTime, now: number): SpentTime {
  const waited = spent.wait ? spend(spent, spent.until, waitEnd(spent, now), { by: spent.wait.by }) : spent;
  return waited.until < startOfMinute(now) - toldMinutes * minuteMillis ? startSpent(now) : waited;
}

/** The wait, if the purge is still in it as far as anyone knows. */
export function presentWait(spent: SpentTime, now: number): Wait | undefined {
  return spent.wait && waitEnd(spent, now) >= now ? spent.wait : undefined;
}

/** Null where nothing is known of the last ten minutes. */
export function sharesOf(spent: SpentTime, now: number): Shares | null {
  const { since, until, minutes } = continueSpent(spent, now);
  const end = now - until < silentMillis ? until : now;
  const from = Math.max(since, startOfMinute(end) - toldMinutes * minuteMillis);
  const millis = end - from;
  if (millis <= 0) return null;
  const told = minutes.filter(({ at }) => at >= startOfMinute(from));
  const held = new Map<string, number>();
  for (const each of told)
    for (const [by, spentOn] of Object.entries(each.held)) held.set(by, (held.get(by) ?? 0) + spentOn);
  const share = (part: number) => Math.min(1, part / millis);
  const sum = (values: Iterable<number>) => [...values].reduce((total, each) => total + each, 0);
  return {
    seconds: millis / 1000,
    rows: sum(told.map(({ rows }) => rows)),
    deleting: share(sum(told.map(({ work }) => work))),
    held: share(sum(held.values())),
    heldBy: [...held]
      .map(([by, part]) => ({ by: inWords(by), share: share(part) }))
      .sort((one, other) => other.share - one.share),
    closedSeconds: ((held.get('window') ?? 0) + (held.get('fuse') ?? 0)) / 1000,
  };
}

/** `held 43 % of the last 10 min: replica db-2 lag 38 %, window 5 %` */
export function describeHeld(shares: Shares): string {
  const span = `the last ${describeSpan(shares.seconds)}`;
  return percentOf(shares.held) === 0
    ? `not held in ${span}`
    : `held ${percentOf(shares.held)} % of ${span}: ${describeHolders(shares)}`;
}

/** `replica db-2 lag 38 %, window 5 %`: what is less than half a percent isn't named. */
export function describeHolders({ heldBy }: Shares): string {
  return heldBy
    .filter(({ share }) => percentOf(share) > 0)
    .map(({ by, share }) => `${by} ${percentOf(share)} %`)
    .join(', ');
}

/** `10 min`, or `45 s` of a purge that has just begun. */
export function describeSpan(seconds: number): string {
  return seconds < 60 ? `${Math.ceil(seconds)} s` : `${Math.floor(seconds / 60)} min`;
}

/** Whole percents. */
export function percentOf(share: number): number {
  return Math.round(100 * share);
}

/** Reads it back from JSON; undefined for anything else. */
export function parseSpent(value: unknown): SpentTime | undefined {
  const { since, until, minutes, wait } = (value ?? {}) as Record<string, unknown>;
  if (!isAmount(since) || !isAmount(until) || !Array.isArray(minutes) || !minutes.every(isMinute)) return undefined;
  return { since, until, minutes, ...(isWait(wait) ? { wait } : {}) };
}

const names: Record<string, string> = {
  hold: 'pause',
  contention: 'lock waits',
  threadsRunning: 'running threads',
  historyLength: 'history list',
  commitMillis: 'commit latency',
};

function inWords(by: string): string {
  const [signal = '', whose] = by.split(/ (.*)/s);
  if (signal === 'replicaLagSeconds') return `${whose ?? 'replica'} lag`;
  return names[signal] ?? by;
}

/** Whether a purge that is held by other things than a person goes on being held, nobody knows for longer. */
function waitEnd({ wait, until }: SpentTime, now: number): number {
  return wait?.by === 'hold' ? now : Math.min(now, until + longestWaitMillis);
}

function startOfMinute(millis: number): number {
  return Math.floor(millis / minuteMillis) * minuteMillis;
}

function isAmount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

function isMinute(value: unknown): value is Minute {
  const { at, rows, work, held } = (value ?? {}) as Record<string, unknown>;
  const amounts = typeof held === 'object' && held !== null ? Object.values(held) : [undefined];
  return [at, rows, work, ...amounts].every(isAmount);
}

function isWait(value: unknown): value is Wait {
  const { by, reason, since } = (value ?? {}) as Record<string, unknown>;
  return typeof by === 'string' && typeof reason === 'string' && isAmount(since);
}
