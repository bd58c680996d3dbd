import { type Result, shown } from './race.ts';

/** The last line of every bench with `--json`. */
export interface Report {
  bench: string;
  rows: number;
  ours: Record<string, number>;
  peers: Record<string, Record<string, number>>;
  /** Ours divided by the peer's: above 1, ours is faster. Named `ours/peer` where ours does more than one thing. */
  ratios: Record<string, number>;
  memoryMB: number;
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
  own: readonly string[],
  ratios: readonly Ratio[],
): Report {
  const rate = (name: string) => results.find((result) => result.name === name)?.rowsPerSecond ?? Number.NaN;
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
      ratios.map(({ ours, peer }) => [`${ours}/${peer}`, Number((rate(ours) / rate(peer)).toFixed(2))]),
    ),
    memoryMB: Math.max(...results.map(({ memoryMB }) => memoryMB ?? 0)),
  };
}

/** The table for people. */
export function renderReport(report: Report, results: readonly Result[], ratios: readonly Ratio[]): string {
  const lines = results.map(
    ({ name, rowsPerSecond, rows, memoryMB, work }) =>
      `${name.padEnd(26)}${shown(rowsPerSecond).padStart(12)} rows/s  ${memoryMB ? `${memoryMB} MB`.padStart(7) : '       '}  ${work}${rows === report.rows ? '' : ` (of ${rows.toLocaleString('en')} rows)`}`,
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
