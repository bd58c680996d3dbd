import { expect, test } from 'vitest';
import { findingOf, stoppedOf } from '../../../src/cli/status/stop.ts';
import { type RecordedRefusal, refusalOfTable } from '../../../src/ledger/refusals.ts';
import type { Day } from '../../../src/model/day.ts';
import { dayReport, policyOf } from '../../support/reports.ts';

const policy = policyOf('a.b');
const day = '2026-09-15' as Day;
const heal = 'sediment heal a.b --day 2026-09-15';
const refusal = (parts: Partial<RecordedRefusal>): RecordedRefusal => ({
  work: 'archive',
  day,
  reason: 'a.b 2026-09-15: a text has no Unicode form',
  remedy: null,
  command: null,
  since: '2026-11-21T01:30:00.000000Z',
  ...parts,
});

test('a stopped day has its command by a field, and its reason without what stands beside it', () => {
  const stopped = `a.b 2026-09-15: still changing; then: ${heal}`;
  const found = stoppedOf(policy, [dayReport(day, 'purging', { stopped, stopCommand: heal })], []);
  expect(found).toMatchObject({ work: 'purge', day, reason: `still changing; then: ${heal}`, command: heal });
  expect(found && findingOf(found)).toBe('still changing; then:');
});

test('a stop of an earlier release has no command, and is shown as it is', () => {
  const stopped = `a.b 2026-09-15: still changing; then: ${heal}`;
  const found = stoppedOf(policy, [dayReport(day, 'purging', { stopped })], []);
  expect(found).toMatchObject({ reason: `still changing; then: ${heal}`, command: null });
  expect(found && findingOf(found)).toBe(`still changing; then: ${heal}`);
});

test('a day whose archive no retry mends is stopped', () => {
  const found = stoppedOf(policy, [dayReport(day, 'exporting')], [refusal({})]);
  expect(found).toMatchObject({ work: 'archive', day, reason: 'a text has no Unicode form' });
});

test('what refuses a purge counts only where the policy purges', () => {
  const found = [refusal({ work: 'purge', day: null, reason: 'no conditional writes' })];
  expect(stoppedOf(policy, [], found)).toMatchObject({ work: 'purge', day: null, reason: 'no conditional writes' });
  expect(stoppedOf(policyOf('a.b', { purge: 'disabled' }), [], found)).toBeNull();
});

test('a refusal of the whole table is no stop of a day', () => {
  const found = [refusal({ work: 'plan', day: null, reason: 'it has no primary key' })];
  expect(stoppedOf(policy, [], found)).toBeNull();
  expect(refusalOfTable(found)).toMatchObject({ reason: 'it has no primary key' });
});
