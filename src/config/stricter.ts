import type { TablePolicy } from './policy.ts';

/** What two policies may not differ in: it says which rows a day holds, and how they are written. */
const fixed = ['timeColumn', 'timeKind', 'datetimeZone', 'zone'] as const;

/** The first key in which two policies mean different rows by the same day; undefined where there is none. */
export function incompatibleKey(one: TablePolicy, other: TablePolicy): (typeof fixed)[number] | undefined {
  return fixed.find((key) => one[key] !== other[key]);
}

/**
 * What both policies allow, key by key: `one` as it is where it is the stricter. Retention and window of both count
 * beside one another, for two of them have no stricter one: the caller asks both.
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

/** Of two bounds in rows, of which 0 is none. */
function smallerBound(one: number, other: number): number {
  if (one === 0 || other === 0) return Math.max(one, other);
  return Math.min(one, other);
}

/** `off` is no limit; `auto` is the server's own, which can't be compared, and gives way to a number. */
function stricterLimit<Limit extends number | 'auto' | 'off'>(one: Limit, other: Limit): Limit {
  if (one === 'off') return other;
  if (other === 'off') return one;
  if (typeof one === 'number' && typeof other === 'number') return one < other ? one : other;
  return typeof one === 'number' ? one : other;
}
