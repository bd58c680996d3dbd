import { median, type Result, rateText } from './race.ts';

/** The last line of every bench with `--json`. */
export interface Report {
  bench: string;
  rows: number;
  ours: Record<string, number>;
  peers: Record<string, Record<string, number>>;
  /** Ours divided by the peer's: above 1, ours is faster. Named `ours/peer` where ours does more than one thing. */
  ratios: Record<string, number>;
  memoryMB: number;
  /** Processor time of MySQL, in microseconds per row, by contestant. */
  serverMicros?: Record<string, number>;
}

/** A comparison that the goals name. */
export interface Ratio {
  ours: string;
  peer: string;
  goal: number;
}

export function makeReport(
  bench: string,
  rows: number,
  results: readonly Result[],
  { own, ratios }: { own: readonly string[]; ratios: readonly Ratio[] },
): Report {
  const result = (name: string) => results.find((each) => each.name === name);
  // Of the runs, pair by pair: what a busy minute does to both of a pair it doesn't do to their ratio.
  const ratio = (ours: string, peer: string) => {
    const rates = result(peer)?.rates ?? [];
    return median((result(ours)?.rates ?? []).map((rate, run) => rate / (rates[run] ?? Number.NaN)));
  };
  const micros = results.flatMap(({ name, serverMicros }) =>
    serverMicros === undefined ? [] : [[name, serverMicros]],
  );
  const rate = (name: string) => result(name)?.rowsPerSecond ?? Number.NaN;
  return {
    bench,
    rows,
    ours: Object.fromEntries(own.map((name) => [name, rate(name)])),
    peers: Object.fromEntries(
      results
        .filter(({ name }) => !own.includes(name))
        .map((result) => [result.name, { rowsPerSecond: result.rowsPerSecond, rows: result.rows }]),
    ),
    ratios: Object.fromEntries(
      ratios.map(({ ours, peer }) => [`${ours}/${peer}`, Number(ratio(ours, peer).toFixed(2))]),
    ),
    memoryMB: Math.max(...results.map(({ memoryMB }) => memoryMB ?? 0)),
    serverMicros: micros.length > 0 ? Object.fromEntries(micros) : undefined,
  };
}

/** The table for people. */
export function renderReport(report: Report, results: readonly Result[], ratios: readonly Ratio[]): string {
  const lines = results.map(
    ({ name, rowsPerSecond, rows, memoryMB, serverMicros, work }) =>
      `${name.padEnd(26)}${rateText(rowsPerSecond).padStart(12)} rows/s  ` +
      `${memoryMB ? `${memoryMB} MB`.padStart(7) : '       '}  ` +
      `${serverMicros === undefined ? '' : `${serverMicros.toFixed(1).padStart(5)} µs  `}${work}` +
      `${rows === report.rows ? '' : ` (of ${rows.toLocaleString('en')} rows)`}`,
  );
  const compared = ratios.map(({ ours, peer, goal }) => {
    const ratio = report.ratios[`${ours}/${peer}`] ?? Number.NaN;
    return (
      `${ours} / ${peer}`.padEnd(54) +
      `${ratio.toFixed(2).padStart(8)}   goal ${goal}${ratio >= goal ? '' : '   missed'}`
    );
  });
  return [...lines, '', ...compared].join('\n');
}
