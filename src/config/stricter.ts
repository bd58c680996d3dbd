import { longerKept } from './archive.ts';
import type { TablePolicy } from './policy.ts';

/** Keys in which two policies may not differ, because they decide which rows a day holds and how these are written. */
const fixed = ['timeColumn', 'timeKind', 'datetimeZone', 'zone'] as const;

/** The first key by which two policies mean different rows by the same day; undefined if there is none. */
export function incompatibleKey(one: TablePolicy, other: TablePolicy): (typeof fixed)[number] | undefined {
  return fixed.find((key) => one[key] !== other[key]);
}

/**
 * What both policies allow, key by key. Retention and window are those of `one`: neither of two windows need be the
 * stricter, so the caller asks both.
 */
export function stricterPolicy(one: TablePolicy, other: TablePolicy): TablePolicy {
  return {
    ...one,
    purge: one.purge === 'enabled' && other.purge === 'enabled' ? 'enabled' : 'disabled',
    maxRowsPerDay: smallerBound(one.maxRowsPerDay, other.maxRowsPerDay),
    maxRowsPerSecond: smallerBound(one.maxRowsPerSecond, other.maxRowsPerSecond),
    maxShareOfTable: Math.min(one.maxShareOfTable, other.maxShareOfTable),
    maxHealRemoval: Math.min(one.maxHealRemoval, other.maxHealRemoval),
    drift: one.drift === 'stop' || other.drift === 'stop' ? 'stop' : 'heal',
    recreated: one.recreated === other.recreated ? one.recreated : 'leave',
    nativePartitions: one.nativePartitions === other.nativePartitions ? one.nativePartitions : 'never',
    allowTriggers: one.allowTriggers.filter((name) => other.allowTriggers.includes(name)),
    allowCascade: one.allowCascade.filter((name) => other.allowCascade.includes(name)),
    allowOldRows: one.allowOldRows && other.allowOldRows,
    binlogRowImage: one.binlogRowImage === other.binlogRowImage ? one.binlogRowImage : 'server',
    // A policy that an older release recorded has neither.
    impact: { limit: Math.min(one.impact.limit, other.impact?.limit ?? one.impact.limit) },
    pace: gentlerPace(one.pace, other.pace ?? one.pace),
    archive: longerKept(one.archive, other.archive),
    throttle: {
      ...one.throttle,
      targetMillis: Math.min(one.throttle.targetMillis, other.throttle.targetMillis),
      restRatio: Math.max(one.throttle.restRatio, other.throttle.restRatio),
      threadsRunning: stricterLimit(one.throttle.threadsRunning, other.throttle.threadsRunning),
      historyLength: stricterLimit(one.throttle.historyLength, other.throttle.historyLength),
      replicaLagSeconds: stricterLimit(one.throttle.replicaLagSeconds, other.throttle.replicaLagSeconds),
      commitMillis: stricterLimit(one.throttle.commitMillis, other.throttle.commitMillis),
    },
  };
}

/** The gentler of two paces. */
function gentlerPace(one: TablePolicy['pace'], other: TablePolicy['pace']): TablePolicy['pace'] {
  const order = ['steady', 'asap', 'full'];
  return order.indexOf(one) <= order.indexOf(other) ? one : other;
}

/** The smaller of two bounds in rows; 0 is no bound. */
function smallerBound(one: number, other: number): number {
  if (one === 0 || other === 0) return Math.max(one, other);
  return Math.min(one, other);
}

/** The stricter of two limits: `off` is none, and a number goes before `auto`, which depends on the server and can't be compared. */
function stricterLimit<Limit extends number | 'auto' | 'off'>(one: Limit, other: Limit): Limit {
  if (one === 'off') return other;
  if (other === 'off') return one;
  if (typeof one === 'number' && typeof other === 'number') return one < other ? one : other;
  return typeof one === 'number' ? one : other;
}
