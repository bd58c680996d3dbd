import { cutoffOf } from '../config/cutoff.ts';
import { policyHash, type TablePolicy } from '../config/policy.ts';
import { incompatibleKey, stricterPolicy } from '../config/stricter.ts';
import { parseWindow } from '../config/window.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { readPolicy } from '../ledger/policies.ts';
import type { Day } from '../model/day.ts';
import { formatTableName } from '../model/tableName.ts';
import { describeClosed, windowAt } from '../pacing/window.ts';
import { Stopped } from './attempt.ts';

/** What a purge or a heal may do: its worker's own policy, and the newest that any worker of the source started with. */
export interface AllowedPolicy {
  /** What both allow. */
  policy: TablePolicy;
  /** The newest policy, if it differs from the worker's. */
  newer: TablePolicy | undefined;
}

/**
 * What both the worker's policy and the newest one allow. While workers run with an older and a newer config, neither
 * deletes what the other's config forbids.
 *
 * @throws Stopped if the two mean different rows by the same day
 */
export async function allowedPolicy(ledger: Ledger, own: TablePolicy): Promise<AllowedPolicy> {
  const recorded = await readPolicy(ledger, own);
  if (!recorded || recorded.hash === policyHash(own)) return { policy: own, newer: undefined };
  const key = incompatibleKey(own, recorded.policy);
  if (key)
    throw new Stopped(
      [
        `${formatTableName(own)}: this worker's policy says ${key}: ${own[key] ?? 'nothing'}, that of the worker ` +
          `that started at ${recorded.recordedAt} says ${recorded.policy[key] ?? 'nothing'}.`,
        'Give all workers of the source one config, and restart them',
      ].join(' '),
    );
  return { policy: stricterPolicy(own, recorded.policy), newer: recorded.policy };
}

/** The earlier of both cutoffs. */
export function cutoffOfBoth(today: Day, { policy, newer }: AllowedPolicy): Day {
  const own = cutoffOf(policy, today);
  const other = newer ? cutoffOf(newer, today) : own;
  return own < other ? own : other;
}

/** Why the newer policy's window is closed; undefined if it is open, or if there is none. The pacer waits for the own policy's window. */
export function outsideNewerWindow({ newer }: AllowedPolicy, epochMillis: number): string | undefined {
  const window = newer?.window === undefined ? undefined : parseWindow(newer.window);
  if (!window) return undefined;
  const state = windowAt(window, epochMillis);
  return state.open ? undefined : `${describeClosed(window, state)}, by a newer policy than this worker's`;
}
