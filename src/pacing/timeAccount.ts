/** What a purge waits for now. */
export interface Wait {
  /** `hold`, `fuse`, `window`, `pace`, `contention`, or a signal of the throttle and its server: `replicaLagSeconds replica db-2`. */
  by: string;
  reason: string;
  /** Milliseconds since 1970 UTC. */
  since: number;
}

interface Minute {
  /** When it begins: milliseconds since 1970 UTC. */
  at: number;
  rows: number;
  /** Milliseconds in transactions that committed. */
  work: number;
  /** Milliseconds of waiting, by what the purge waited for. */
  held: Readonly<Record<string, number>>;
}

/**
 * How a purge spent its latest minutes, by MySQL's clock. Plain JSON, kept with the pacer's state:
 *
 * ```
 *      since                                  until       now
 *        |--work--|--wait--|--work--|--idle--|----wait----|
 *        the minutes' entries                  still open
 * ```
 */
export interface TimeAccount {
  /** When the account begins: milliseconds since 1970 UTC, as `until`. */
  since: number;
  /** Up to when the minutes' entries go. */
  until: number;
  minutes: readonly Minute[];
  /** What it has waited for since `until`; absent while it works. */
  wait?: Wait;
}

/** A time account as shares, 0 to 1, of a span that ends now. */
export interface Shares {
  /** The span. */
  seconds: number;
  /** Rows deleted in it. */
  rows: number;
  deleting: number;
  held: number;
  /** The parts of `held`, the largest first; `by` in words. */
  heldBy: readonly { by: string; share: number }[];
  /** Seconds in which no pace would have let the purge run: outside its window, or under its fuse. */
  closedSeconds: number;
}

const minuteMillis = 60_000;
/** Long enough for several reports about a lagging replica, short enough to be about now. */
const keptMinutes = 10;
/** The workflow of a purge that waits looks again within a quarter of an hour: after an older report the purge has ended. */
const longestWaitMillis = 16 * minuteMillis;
/** A running purge reports every 10 s: a gap of less than 20 s isn't idle time. */
const silentMillis = 20_000;

/** An account that begins now. */
export function startAccount(now: number): TimeAccount {
  const at = Math.round(now);
  return { since: at, until: at, minutes: [] };
}

/** The account with a span of work, in which rows were deleted. A part of the span that is entered already doesn't count twice. */
export function addWork(account: TimeAccount, from: number, to: number, rows: number): TimeAccount {
  const worked = addSpan(account, from, to, (minute, millis) => ({ ...minute, work: minute.work + millis }));
  const at = startOfMinute(to);
  const last = worked.minutes.find((minute) => minute.at === at) ?? emptyMinute(at);
  const others = worked.minutes.filter((minute) => minute.at !== at);
  return { ...worked, minutes: inOrder([...others, { ...last, rows: last.rows + rows }]) };
}

/** The account with a span of waiting that is over, by what the purge waited for. */
function addWait(account: TimeAccount, from: number, to: number, by: string): TimeAccount {
  return addSpan(account, from, to, (minute, millis) => ({
    ...minute,
    held: { ...minute.held, [by]: (minute.held[by] ?? 0) + millis },
  }));
}

/** Enters a span minute by minute; what is older than the kept minutes is dropped. */
function addSpan(
  account: TimeAccount,
  from: number,
  to: number,
  enter: (minute: Minute, millis: number) => Minute,
): TimeAccount {
  const oldest = startOfMinute(to) - keptMinutes * minuteMillis;
  const minutes = new Map(account.minutes.filter(({ at }) => at >= oldest).map((each) => [each.at, each]));
  for (let begin = Math.max(from, account.until, oldest); begin < to; ) {
    const at = startOfMinute(begin);
    const end = Math.min(to, at + minuteMillis);
    minutes.set(at, enter(minutes.get(at) ?? emptyMinute(at), Math.round(end - begin)));
    begin = end;
  }
  return {
    since: Math.round(Math.max(account.since, oldest)),
    until: Math.round(Math.max(account.until, to)),
    minutes: inOrder([...minutes.values()]),
  };
}

function emptyMinute(at: number): Minute {
  return { at, rows: 0, work: 0, held: {} };
}

function inOrder(minutes: Minute[]): Minute[] {
  return minutes.sort((one, other) => one.at - other.at);
}

/** The account with a wait that begins now and has no end yet. */
export function openWait(account: TimeAccount, now: number, wait: Wait): TimeAccount {
  return { ...account, until: Math.max(account.until, now), wait };
}

/** Enters the open wait up to now and closes it; starts a new account after ten minutes without a report. */
export function continueAccount(account: TimeAccount, now: number): TimeAccount {
  const waited = account.wait ? addWait(account, account.until, waitEnd(account, now), account.wait.by) : account;
  return waited.until < startOfMinute(now) - keptMinutes * minuteMillis ? startAccount(now) : waited;
}

/** The open wait; undefined where the purge has probably ended since its last report. */
export function presentWait(account: TimeAccount, now: number): Wait | undefined {
  return account.wait && waitEnd(account, now) >= now ? account.wait : undefined;
}

/** The shares of the last ten minutes; null where the account has nothing of them. */
export function sharesOf(account: TimeAccount, now: number): Shares | null {
  const { since, until, minutes } = continueAccount(account, now);
  const end = now - until < silentMillis ? until : now;
  const from = Math.max(since, startOfMinute(end) - keptMinutes * minuteMillis);
  const millis = end - from;
  if (millis <= 0) return null;
  const latest = minutes.filter(({ at }) => at >= startOfMinute(from));
  const held = new Map<string, number>();
  for (const each of latest)
    for (const [by, waited] of Object.entries(each.held)) held.set(by, (held.get(by) ?? 0) + waited);
  const share = (part: number) => Math.min(1, part / millis);
  const sum = (values: Iterable<number>) => [...values].reduce((total, each) => total + each, 0);
  return {
    seconds: millis / 1000,
    rows: sum(latest.map(({ rows }) => rows)),
    deleting: share(sum(latest.map(({ work }) => work))),
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

/** `in the last 10 min: deleting 40 %, held 43 % (replica db-2 lag 38 %, window 5 %)` */
export function describeShares(shares: Shares): string {
  const holders = describeHolders(shares);
  return (
    `in the last ${describeSpan(shares.seconds)}: deleting ${percentOf(shares.deleting)} %, ` +
    `held ${percentOf(shares.held)} %${holders ? ` (${holders})` : ''}`
  );
}

/** `replica db-2 lag 38 %, window 5 %`; shares below half a percent are left out. */
export function describeHolders({ heldBy }: Shares): string {
  return heldBy
    .filter(({ share }) => percentOf(share) > 0)
    .map(({ by, share }) => `${by} ${percentOf(share)} %`)
    .join(', ');
}

/** `10 min`, or `45 s` for less than a minute. */
export function describeSpan(seconds: number): string {
  return seconds < 60 ? `${Math.ceil(seconds)} s` : `${Math.floor(seconds / 60)} min`;
}

/** A share, 0 to 1, as a whole percentage. */
export function percentOf(share: number): number {
  return Math.round(100 * share);
}

/** Reads an account back from JSON; undefined for anything else. */
export function parseTimeAccount(value: unknown): TimeAccount | undefined {
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
  const [signal = '', server] = by.split(/ (.*)/s);
  if (signal === 'replicaLagSeconds') return `${server ?? 'replica'} lag`;
  return names[signal] ?? by;
}

/** A person's hold lasts until it is released. Any other wait counts for at most `longestWaitMillis` after the last report. */
function waitEnd({ wait, until }: TimeAccount, now: number): number {
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
