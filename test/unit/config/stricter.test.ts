import { expect, test } from 'vitest';
import { makePolicy, type TablePolicy } from '../../../src/config/policy.ts';
import { incompatibleKey, stricterPolicy } from '../../../src/config/stricter.ts';

const policy = (more: Partial<TablePolicy> = {}): TablePolicy => ({
  ...makePolicy({}, { table: 'shop.orders', timeColumn: 't' }),
  purge: 'enabled',
  ...more,
});
const throttled = (more: Partial<TablePolicy['throttle']>) => ({ throttle: { ...policy().throttle, ...more } });

const cases: [keyof TablePolicy, Partial<TablePolicy>, Partial<TablePolicy>, Partial<TablePolicy>][] = [
  ['purge', { purge: 'enabled' }, { purge: 'disabled' }, { purge: 'disabled' }],
  ['maxRowsPerDay', { maxRowsPerDay: 0 }, { maxRowsPerDay: 5 }, { maxRowsPerDay: 5 }],
  ['maxRowsPerDay', { maxRowsPerDay: 9 }, { maxRowsPerDay: 5 }, { maxRowsPerDay: 5 }],
  ['maxRowsPerSecond', { maxRowsPerSecond: 0 }, { maxRowsPerSecond: 7 }, { maxRowsPerSecond: 7 }],
  ['maxShareOfTable', { maxShareOfTable: 1 }, { maxShareOfTable: 0.2 }, { maxShareOfTable: 0.2 }],
  ['maxHealRemoval', { maxHealRemoval: 0.1 }, { maxHealRemoval: 0 }, { maxHealRemoval: 0 }],
  ['drift', { drift: 'heal' }, { drift: 'stop' }, { drift: 'stop' }],
  ['recreated', { recreated: 'keepBoth' }, { recreated: 'leave' }, { recreated: 'leave' }],
  ['nativePartitions', { nativePartitions: 'auto' }, { nativePartitions: 'never' }, { nativePartitions: 'never' }],
  ['allowTriggers', { allowTriggers: ['a', 'b'] }, { allowTriggers: ['b'] }, { allowTriggers: ['b'] }],
  ['allowCascade', { allowCascade: ['shop.items'] }, { allowCascade: [] }, { allowCascade: [] }],
  ['pace', { pace: 'full' }, { pace: 'asap' }, { pace: 'asap' }],
  ['pace', { pace: 'asap' }, { pace: 'steady' }, { pace: 'steady' }],
  ['binlogRowImage', { binlogRowImage: 'minimal' }, { binlogRowImage: 'server' }, { binlogRowImage: 'server' }],
  ['impact', { impact: { limit: 1.5 } }, { impact: { limit: 1.1 } }, { impact: { limit: 1.1 } }],
  ['allowOldRows', { allowOldRows: true }, { allowOldRows: false }, { allowOldRows: false }],
  [
    'archive',
    { archive: { expire: 'P7Y', notice: 'P30D', by: 'audit' } },
    { archive: { notice: 'P30D', by: 'command' } },
    { archive: { notice: 'P30D', by: 'command' } },
  ],
  ['throttle', throttled({ restRatio: 0 }), throttled({ restRatio: 4 }), throttled({ restRatio: 4 })],
  ['throttle', throttled({ historyLength: 'off' }), throttled({ historyLength: 9 }), throttled({ historyLength: 9 })],
  [
    'throttle',
    throttled({ threadsRunning: 'auto' }),
    throttled({ threadsRunning: 8 }),
    throttled({ threadsRunning: 8 }),
  ],
];

test.each(cases)('of two policies’ %s the stricter counts, whichever is whose', (_, one, other, both) => {
  expect(stricterPolicy(policy(one), policy(other))).toEqual(policy(both));
  expect(stricterPolicy(policy(other), policy(one))).toEqual(policy(both));
});

test('a policy that an older release recorded has no pace and no limit: the worker’s own count', () => {
  const { impact: _, pace: __, ...older } = policy({ pace: 'asap', impact: { limit: 1.5 } });
  const own = policy({ pace: 'full', impact: { limit: 1.2 } });
  expect(stricterPolicy(own, older as TablePolicy)).toMatchObject({ pace: 'full', impact: { limit: 1.2 } });
});

test('every key of a policy is decided on: made stricter, compared, or of no weight for what is deleted', () => {
  const compared = ['timeColumn', 'timeKind', 'datetimeZone', 'zone'];
  const askedByTheCaller = ['retention', 'window'];
  const ofNoWeight = [
    'database',
    'table',
    'minRetention',
    'undated',
    'settle',
    'compression',
    'chunkRows',
    'partBytes',
  ];
  const decided = new Set([...cases.map(([key]) => key), ...compared, ...askedByTheCaller, ...ofNoWeight, 'firstDay']);
  expect(Object.keys(policy()).filter((key) => !decided.has(key))).toEqual([]);
});

test.each([
  ['timeColumn', { timeColumn: 'other' }],
  ['zone', { zone: 'Europe/Berlin' }],
  ['datetimeZone', { datetimeZone: 'UTC' as const }],
  ['timeKind', { timeKind: 'epochSeconds' as const }],
])('two policies that differ in %s mean different rows', (key, more) => {
  expect(incompatibleKey(policy(), policy(more))).toBe(key);
  expect(incompatibleKey(policy(more), policy(more))).toBeUndefined();
});
