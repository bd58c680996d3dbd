/** What one run of one contestant took. */
export interface Measured {
  seconds: number;
  rows: number;
  /** Peak resident memory of the process that did the work, in MB; measured for Sediment only. */
  memoryMB?: number;
  /** Processor time of MySQL, in microseconds per row, if it is measured: a busy machine disturbs it less than wall time. */
  serverMicros?: number;
  /** What else is to be said, for a person. */
  note?: string;
}

/** One who does a piece of work that is measured: Sediment, a peer, or the limit. */
export interface Contestant {
  name: string;
  /** What it does, so that a reader sees which figures may be compared. */
  work: string;
  run(run: number): Promise<Measured>;
}

export interface Result {
  name: string;
  work: string;
  rows: number;
  rowsPerSecond: number;
  seconds: number;
  memoryMB: number | undefined;
  serverMicros: number | undefined;
  /** Rows a second, run by run. */
  rates: readonly number[];
}

/** Runs all in turn, round after round, so that a busy minute of the machine slows them all, and takes medians. */
export async function race(
  contestants: readonly Contestant[],
  runs: number,
  tell: (line: string) => void,
): Promise<Result[]> {
  const measured = new Map<string, Measured[]>(contestants.map(({ name }) => [name, []]));
  for (let run = 1; run <= runs; run++)
    for (const { name, run: work } of contestants) {
      tell(`run ${run} of ${runs}: ${name}`);
      const one = await work(run);
      measured.get(name)?.push(one);
      tell(
        `run ${run} of ${runs}: ${name}: ${rateText(one.rows / one.seconds)} rows/s, ${one.seconds.toFixed(2)} s${one.note ? `, ${one.note}` : ''}`,
      );
    }
  return contestants.map(({ name, work }) => {
    const all = measured.get(name) ?? [];
    const micros = all.flatMap(({ serverMicros }) => serverMicros ?? []);
    const memories = all.flatMap(({ memoryMB }) => memoryMB ?? []);
    return {
      name,
      work,
      rows: all[0]?.rows ?? 0,
      rowsPerSecond: Math.round(median(all.map(({ rows, seconds }) => rows / seconds))),
      seconds: median(all.map(({ seconds }) => seconds)),
      // The highest of all runs: a peak is no median.
      memoryMB: memories.length > 0 ? Math.max(...memories) : undefined,
      serverMicros: micros.length > 0 ? Number(median(micros).toFixed(1)) : undefined,
      rates: all.map(({ rows, seconds }) => rows / seconds),
    };
  });
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

export function rateText(rowsPerSecond: number): string {
  return Math.round(rowsPerSecond).toLocaleString('en');
}
