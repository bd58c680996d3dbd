import { expect, test } from 'vitest';
import { findingOf, readStop } from '../../../src/cli/status/stop.ts';

test('a stop’s command is a field, and its reason is without the table and day that others print', () => {
  const stop = readStop('a.b 2026-09-15: still changing; then: sediment heal a.b --day 2026-09-15', 'a.b 2026-09-15: ');
  expect(stop).toEqual({
    reason: 'still changing; then: sediment heal a.b --day 2026-09-15',
    command: 'sediment heal a.b --day 2026-09-15',
  });
  expect(findingOf(stop)).toBe('still changing; then:');
});

test('a stop that no command mends has none', () => {
  const stop = readStop('the bucket refuses a write', 'a.b 2026-09-15: ');
  expect(stop).toEqual({ reason: 'the bucket refuses a write', command: null });
  expect(findingOf(stop)).toBe('the bucket refuses a write');
});
