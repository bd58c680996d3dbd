import { expect, test } from 'vitest';
import type { LedgerBacklog } from '../../../src/ledger/backlog.ts';
import type { UnderWay } from '../../../src/ledger/days/underWay.ts';
import type { RecordedRefusal } from '../../../src/ledger/refusals.ts';
import { type Day, parseDay } from '../../../src/model/day.ts';
import { ledgerStates, stateGauges } from '../../../src/telemetry/tableStates.ts';
import { policyOf } from '../../support/reports.ts';

const now = '2026-11-21T03:00:00Z';
const place = { database: 'shop', table: 'orders' };
const counts = { rowsArchived: 0, rowsDeleted: 0, stoppedDays: 0, damagedDays: 0 };
const account = { ...place, ...counts, firstDay: parseDay('2026-11-20'), archivedDays: 1, lastDay: undefined };
const nothing: LedgerBacklog = { accounts: [account], openDays: [], holds: [] };
const none: UnderWay = { days: new Map(), refusals: new Map(), looks: new Map() };
const refusal = (work: RecordedRefusal['work']): RecordedRefusal => {
  return { work, day: null, reason: 'no primary key', remedy: null, command: null, since: now };
};
const day = (state: 'exporting' | 'purging', stopped: string | null = null) =>
  new Map([['shop.orders', [{ day: '2026-11-20' as Day, state, stopped }]]]);

test.each<[string, Partial<LedgerBacklog>, Partial<UnderWay>]>([
  ['inOrder', {}, {}],
  ['neverLookedAt', { accounts: [] }, {}],
  ['inOrder', { accounts: [] }, { looks: new Map([['shop.orders', { at: now, missingDays: 0 }]]) }],
  ['waiting', { accounts: [] }, { looks: new Map([['shop.orders', { at: now, missingDays: 3 }]]) }],
  ['refused', {}, { refusals: new Map([['shop.orders', [refusal('plan')]]]) }],
  ['stopped', {}, { refusals: new Map([['shop.orders', [refusal('archive')]]]) }],
  ['stopped', {}, { days: day('purging', 'rows changed') }],
  ['waiting', { holds: ['*'] }, {}],
  ['waiting', { accounts: [{ ...account, archivedDays: 0 }] }, {}],
  ['waiting', { openDays: [{ ...place, day: parseDay('2026-01-01'), rowsLeft: 4 }] }, {}],
  ['exporting', {}, { days: day('exporting') }],
  ['purging', {}, { days: day('purging') }],
])('a table is %s by the ledger: %j %j', (state, backlog, underWay) => {
  const states = ledgerStates(
    { tables: [policyOf('shop.orders')], schedule: { at: '01:30' } },
    { ...nothing, ...backlog },
    { ...none, ...underWay },
    now,
  );
  expect([...states]).toEqual([['shop.orders', state]]);
});

test('the state of before is set to 0, because its series would stay at 1', () => {
  const seen = new Map();
  expect(stateGauges(new Map([['a.b', 'refused']]), seen)).toEqual([{ table: 'a.b', state: 'refused', value: 1 }]);
  expect(stateGauges(new Map([['a.b', 'inOrder']]), seen)).toEqual([
    { table: 'a.b', state: 'refused', value: 0 },
    { table: 'a.b', state: 'inOrder', value: 1 },
  ]);
});
