import type { Transaction } from './oltp.ts';
import { median } from './race.ts';
import type { Report } from './report.ts';

/** What goes on beside the application: in each round, one after the other. */
export type Phase = (typeof phases)[number];

const phases = [
  'before export',
  'export',
  'before',
  'purge',
  'before full',
  'full',
  'between',
  'pt-archiver',
  'after',
] as const;

/** Rows per second of each round. */
export interface Rates {
  purge: number[];
  export: number[];
  full: number[];
}

/** Milliseconds since 1970. */
export interface Interval {
  phase: Phase;
  from: number;
  to: number;
}

export interface Watched {
  rows: number;
  memoryMB: number;
  /** What the purge waited for when the replica was stopped. */
  whenStopped: string;
  intervals: readonly Interval[];
  transactions: readonly Transaction[];
  /** Worst lag of the replica in seconds, by phase. */
  lag: ReadonlyMap<string, number>;
  rates: Rates;
}

/** p95 during the purge may be so many times what it was before. */
const goal = 1.2;

/** The medians of the rounds: of p95 in each phase, and of p95 during a phase by p95 before it. */
export function summarize(watched: Watched): { report: Report; text: string } {
  const { rows, memoryMB, intervals, transactions, lag } = watched;
  const p95s = (phase: Phase, table?: string) =>
    intervals
      .filter((interval) => interval.phase === phase)
      .map(({ from, to }) =>
        p95(transactions.filter((each) => each.at >= from && each.at < to && (!table || each.table === table))),
      );
  const p99 = (phase: Phase) =>
    median(
      intervals
        .filter((interval) => interval.phase === phase)
        .map(({ from, to }) =>
          percentile(
            transactions.filter((each) => each.at >= from && each.at < to),
            0.99,
          ),
        ),
    );
  const ratio99 = (phase: Phase, quiet: Phase) => Number((p99(phase) / p99(quiet)).toFixed(2));
  const rate = (of: keyof Rates) => Math.round(median(watched.rates[of]));
  const latency = (phase: Phase, table?: string) => Number(median(p95s(phase, table)).toFixed(1));
  const ratio = (phase: Phase, quiet: Phase, table?: string) => {
    const before = p95s(quiet, table);
    return Number(median(p95s(phase, table).map((value, round) => value / (before[round] ?? Number.NaN))).toFixed(2));
  };
  const worst = (phase: Phase) => Number((lag.get(phase) ?? Number.NaN).toFixed(2));
  const report: Report = {
    bench: 'impact',
    rows,
    ours: {
      p95BeforeMillis: latency('before'),
      p95DuringMillis: latency('purge'),
      p95AfterMillis: latency('after'),
      worstLagSeconds: worst('purge'),
      rowsPerSecond: rate('purge'),
      rowsPerSecondFull: rate('full'),
      rowsPerSecondExport: rate('export'),
    },
    peers: {
      'pt-archiver-bulk': {
        p95BeforeMillis: latency('between'),
        p95DuringMillis: latency('pt-archiver'),
        worstLagSeconds: worst('pt-archiver'),
      },
    },
    ratios: {
      'purge/before': ratio('purge', 'before'),
      'purge/before on the purged table': ratio('purge', 'before', 'bench.orders'),
      'purge/before on another table': ratio('purge', 'before', 'bench.others'),
      'purge/before, p99': ratio99('purge', 'before'),
      'export/before': ratio('export', 'before export'),
      'full/before': ratio('full', 'before full'),
      'pt-archiver-bulk/before': ratio('pt-archiver', 'between'),
    },
    memoryMB,
  };
  const lines = phases.map(
    (phase) =>
      `${phase.padEnd(14)}p95 ${latency(phase).toFixed(1).padStart(8)} ms   purged table ` +
      `${latency(phase, 'bench.orders').toFixed(1).padStart(8)} ms   another ` +
      `${latency(phase, 'bench.others').toFixed(1).padStart(8)} ms   replica at most ${worst(phase)} s behind`,
  );
  const ratios = Object.entries(report.ratios).map(([name, value]) => {
    const judged = /^(purge|export)[^,]*$/.test(name);
    const verdict = judged ? `goal ${goal} at most${value <= goal ? '' : '   missed'}` : '';
    return `${name.padEnd(40)}${value.toFixed(2).padStart(6)}   ${verdict}`;
  });
  const stopped = `with the replica stopped, the purge waits: ${watched.whenStopped}`;
  return {
    report,
    text: [
      ...lines,
      '',
      ...ratios,
      '',
      stopped,
      `rows/s: purge ${rate('purge')}, at full pace ${rate('full')}, export ${rate('export')}`,
      `the purge's worker: ${memoryMB} MB`,
    ].join('\n'),
  };
}

function p95(transactions: readonly Transaction[]): number {
  return percentile(transactions, 0.95);
}

/** In milliseconds. */
export function percentile(transactions: readonly Transaction[], share: number): number {
  const sorted = transactions.map(({ millis }) => millis).sort((one, other) => one - other);
  return sorted[Math.ceil(sorted.length * share) - 1] ?? Number.NaN;
}
