import { serverNow } from '../mysql/clock.ts';
import type { Session } from '../mysql/session/session.ts';
import type { Attempt } from './attempt.ts';
import type { Source } from './source.ts';

/** How far two clocks may be apart, in seconds: well above what NTP leaves, and far below a day. */
export const clockTolerance = 60;

/** What three clocks say, in milliseconds since 1970. */
export interface Clocks {
  /** MySQL's, by which a day is over or due. */
  server: number;
  /** This worker's. */
  worker: number;
  /** Temporal's, when it handed out the attempt; undefined without one. It may be of a while ago, never of a time to come. */
  schedule?: number | undefined;
  /** How long MySQL took to answer. */
  within?: number;
}

/** Two clocks that don't agree, in words; undefined where all do. Nothing is purged meanwhile (pitfall P37: whose clock decides). */
export function disagreement({ server, worker, schedule, within = 0 }: Clocks): string | undefined {
  const apart = (one: number, other: number) => (Math.abs(one - other) - within) / 1000 > clockTolerance;
  if (apart(server, worker)) return text('MySQL', server, 'this worker', worker);
  if (schedule === undefined || schedule < worker || !apart(schedule, worker)) return undefined;
  return text('Temporal', schedule, 'this worker', worker);
}

function text(one: string, its: number, other: string, others: number): string {
  const format = (millis: number) => `${new Date(millis).toISOString().slice(0, 19)}Z`;
  return (
    `clocks disagree: ${one}’s says ${format(its)}, ${other}’s ${format(others)}; nothing is purged until they ` +
    `are within ${clockTolerance} s of each other. Set both by NTP`
  );
}

/** Reads the clocks of MySQL, of this worker and of the attempt. */
export async function clocksApart(source: Source, session: Session, attempt: Attempt): Promise<string | undefined> {
  const before = source.now();
  const server = Date.parse(await serverNow(session));
  const after = source.now();
  const within = (after - before) / 2;
  return disagreement({ server, worker: (before + after) / 2, schedule: attempt.scheduledAt, within });
}
