/** One measurement of how long others' statements take: while Sediment works on the server, or while it rests. */
export interface Sample {
  while: 'work' | 'rest';
  /** When it ended, by the worker's monotonic clock, in milliseconds. */
  at: number;
  /** What a statement took, in milliseconds. */
  millis: number;
  /** How many statements that is the mean of. */
  statements: number;
  /** How long was measured: of work, its aftermath too. In milliseconds; left out, all of it was work. */
  spanMillis?: number;
  /** For how much of that Sediment was at the server, in milliseconds. */
  busyMillis?: number;
}

/** What others feel: what their statements take while Sediment works, and while it rests. */
export interface Felt {
  /** In milliseconds. What its aftermath costs others counts as if it had cost them that while it worked. */
  work: number;
  rest: number;
  /** How uncertain work / rest is by chance: one standard error. */
  error?: number;
}

/** Long enough for a dozen transactions at a low duty, short enough to follow an application's load within half a minute. */
const keptMillis = 30_000;
const keptSamples = 60;
/** Fewer measurements than this are no mean. */
const fewestSamples = 5;
/** Left out at either end: one report of an hour, or one lock, isn't what others feel in general. */
const trimmedShare = 0.1;

/** The samples with a further one; what is older than half a minute is dropped, and of each kind all but the latest. */
export function addSample(samples: readonly Sample[], sample: Sample): Sample[] {
  const recent = [...samples, sample].filter(({ at }) => sample.at - at <= keptMillis);
  const keptOf = (kind: Sample['while']) => recent.filter((each) => each.while === kind).slice(-keptSamples);
  return [...keptOf('work'), ...keptOf('rest')];
}

/**
 * The means of the last half minute. Both kinds are of the same minute, so that a load which the application itself brings
 * counts in both. Undefined where there are too few.
 *
 * A transaction isn't over for others at its commit: replicas apply it, and InnoDB clears the deleted rows away. So what a
 * sample of work is above the rest, times its whole span, is divided by the time of the work alone.
 */
export function feltBy(samples: readonly Sample[], now: number, fewestStatements = fewestSamples): Felt | undefined {
  const recent = samples.filter(({ at }) => now - at <= keptMillis);
  const enoughOf = (kind: Sample['while']) => {
    const own = recent.filter((each) => each.while === kind);
    const statements = own.reduce((sum, each) => sum + each.statements, 0);
    return own.length < fewestSamples || statements < fewestStatements ? undefined : own;
  };
  const work = enoughOf('work');
  const resting = enoughOf('rest');
  if (!work || !resting) return undefined;
  const rest = trimmedMean(resting.map(({ millis }) => millis));
  if (!(rest.mean > 0)) return undefined;
  const spanOf = ({ spanMillis = 1 }: Sample) => spanMillis;
  const busy = mean(work.map((each) => each.busyMillis ?? spanOf(each)));
  const extra = trimmedMean(work.map((each) => (each.millis - rest.mean) * spanOf(each)));
  const stretch = mean(work.map(spanOf)) / busy;
  const ratio = 1 + extra.mean / busy / rest.mean;
  // What the rest's own chance does to the ratio: it is subtracted as often as the span is longer than the work.
  const byRest = ((ratio - 1 + stretch) * rest.error) / rest.mean;
  return {
    work: Math.max(0, ratio) * rest.mean,
    rest: rest.mean,
    error: Math.hypot(extra.error / busy / rest.mean, byRest),
  };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, each) => sum + each, 0) / values.length;
}

/** The mean of the middle four fifths, and its standard error. */
function trimmedMean(values: readonly number[]): { mean: number; error: number } {
  const sorted = [...values].sort((one, other) => one - other);
  const cut = Math.floor(sorted.length * trimmedShare);
  const middle = sorted.slice(cut, sorted.length - cut);
  const center = mean(middle);
  // Each end counts as many times as values were cut there (Tukey and McLaughlin).
  const least = middle[0] ?? center;
  const most = middle.at(-1) ?? center;
  const ends = cut * ((least - center) ** 2 + (most - center) ** 2);
  const squares = middle.reduce((sum, each) => sum + (each - center) ** 2, ends);
  const error =
    Math.sqrt(squares / Math.max(1, sorted.length - 1)) / ((1 - 2 * trimmedShare) * Math.sqrt(sorted.length));
  return { mean: center, error };
}
