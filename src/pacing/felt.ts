/** One measurement of how long others' statements take: while Sediment works on the server, or while it rests. */
export interface Sample {
  while: 'work' | 'rest';
  /** When it ended, by the worker's monotonic clock, in milliseconds. */
  at: number;
  /** What a statement took, in milliseconds. */
  millis: number;
  /** How many statements that is the mean of. */
  statements: number;
}

/** What others feel: what their statements take while Sediment works, and while it rests. */
export interface Felt {
  /** In milliseconds. */
  work: number;
  rest: number;
  /** How uncertain work / rest is by chance, as a share of it: one standard error. */
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
 */
export function feltBy(samples: readonly Sample[], now: number, fewestStatements = fewestSamples): Felt | undefined {
  const recent = samples.filter(({ at }) => now - at <= keptMillis);
  const meanOf = (kind: Sample['while']) => {
    const own = recent.filter((each) => each.while === kind);
    const statements = own.reduce((sum, each) => sum + each.statements, 0);
    return own.length < fewestSamples || statements < fewestStatements ? undefined : trimmedMean(own);
  };
  const work = meanOf('work');
  const rest = meanOf('rest');
  if (!work || !rest || !(rest.mean > 0)) return undefined;
  return { work: work.mean, rest: rest.mean, error: Math.hypot(work.error / work.mean, rest.error / rest.mean) };
}

/** The mean of the middle four fifths, and its standard error. */
function trimmedMean(samples: readonly Sample[]): { mean: number; error: number } {
  const sorted = samples.map(({ millis }) => millis).sort((one, other) => one - other);
  const cut = Math.floor(sorted.length * trimmedShare);
  const middle = sorted.slice(cut, sorted.length - cut);
  const mean = middle.reduce((sum, each) => sum + each, 0) / middle.length;
  // Each end counts as many times as values were cut there (Tukey and McLaughlin).
  const least = middle[0] ?? mean;
  const most = middle.at(-1) ?? mean;
  const ends = cut * ((least - mean) ** 2 + (most - mean) ** 2);
  const squares = middle.reduce((sum, each) => sum + (each - mean) ** 2, ends);
  const error =
    Math.sqrt(squares / Math.max(1, sorted.length - 1)) / ((1 - 2 * trimmedShare) * Math.sqrt(sorted.length));
  return { mean, error };
}
