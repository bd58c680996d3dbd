import type { Transaction } from './oltp.ts';
import { median } from './race.ts';
import type { Report } from './report.ts';

/** What goes on beside the application: in each round, one after the other. */
export type Phase = 'before' | 'purge' | 'between' | 'pt-archiver' | 'after';

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
      'pt-archiver-bulk/before': ratio('pt-archiver', 'between'),
    },
    memoryMB,
  };
  const lines = (['before', 'purge', 'between', 'pt-archiver', 'after'] as const).map(
    (phase) =>
      `${phase.padEnd(14)}p95 ${latency(phase).toFixed(1).padStart(8)} ms   purged table ` +
      `${latency(phase, 'bench.orders').toFixed(1).padStart(8)} ms   another ` +
      `${latency(phase, 'bench.others').toFixed(1).padStart(8)} ms   replica at most ${worst(phase)} s behind`,
  );
  const ratios = Object.entries(report.ratios).map(
    ([name, value]) =>
      `${name.padEnd(40)}${value.toFixed(2).padStart(6)}   ${name.startsWith('purge') ? `goal ${goal} at most${value <= goal ? '' : '   missed'}` : ''}`,
  );
  const stopped = `with the replica stopped, the purge waits: ${watched.whenStopped}`;
  return { report, text: [...lines, '', ...ratios, '', stopped, `the purge's worker: ${memoryMB} MB`].join('\n') };
}

/** The 95th percentile, in milliseconds. */
function p95(transactions: readonly Transaction[]): number {
  const sorted = transactions.map(({ millis }) => millis).sort((one, other) => one - other);
  return sorted[Math.ceil(sorted.length * 0.95) - 1] ?? Number.NaN;
}
