import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bridge, misfit, type RecordedDay } from '../../../src/model/adjoin.ts';
import { addDays, type Day, dayWindow, type TimeColumnKind } from '../../../src/model/day.ts';

const recorded = (day: string, start: string, end: string): RecordedDay => ({
  day: day as Day,
  window: { start, end },
});
const window = { start: '2026-11-20 23:00:00', end: '2026-11-21 23:00:00' };
const before = recorded('2026-11-20', '2026-11-19 23:00:00', '2026-11-20 23:00:00');
const after = recorded('2026-11-22', '2026-11-21 23:00:00', '2026-11-22 23:00:00');

describe('a window adjoins its neighbours', () => {
  test.each([
    ['none is known', {}, undefined],
    ['both meet it', { before, after }, undefined],
    ['a hole lies before it', { before: recorded('2026-11-20', '', '2026-11-20 22:00:00'), after }, '2026-11-20'],
    ['it overlaps the day before', { before: recorded('2026-11-20', '', '2026-11-21 00:00:00') }, '2026-11-20'],
    ['a hole lies behind it', { before, after: recorded('2026-11-22', '2026-11-22 00:00:00', '') }, '2026-11-22'],
    ['the day before is of another unit', { before: recorded('2026-11-20', '', '1795215600') }, '2026-11-20'],
  ])('%s', (_, neighbours, day) => {
    expect(misfit(window, neighbours)?.day).toBe(day);
  });

  test('a DATE’s day meets a DATETIME’s', () => {
    const dates = recorded('2026-11-20', '2026-11-20', '2026-11-21');
    expect(misfit({ start: '2026-11-21 00:00:00', end: '2026-11-22 00:00:00' }, { before: dates })).toBeUndefined();
  });
});

describe('a bridge', () => {
  test('begins where the day before ended, and ends where the day after begins', () => {
    const early = recorded('2026-11-20', '', '2026-11-20 22:00:00');
    const late = recorded('2026-11-22', '2026-11-22 00:00:00', '');
    expect(bridge(window, { before: early, after: late })).toEqual({
      start: '2026-11-20 22:00:00',
      end: '2026-11-22 00:00:00',
    });
    expect(bridge(window, { before: early })).toEqual({ start: '2026-11-20 22:00:00', end: window.end });
  });

  test('doesn’t exist between values of two forms, or where there is no room', () => {
    expect(bridge(window, { before: recorded('2026-11-20', '', '1795215600') })).toBeUndefined();
    expect(bridge(window, { before: recorded('2026-11-20', '', '2026-11-22 00:00:00') })).toBeUndefined();
  });
});

const kinds: TimeColumnKind[] = ['date', 'datetime', 'timestamp', 'epochSeconds', 'epochMillis'];
const zones = ['UTC', 'Europe/Berlin', 'America/Sao_Paulo', 'Pacific/Apia', 'Australia/Lord_Howe', 'Africa/Monrovia'];

test('the windows of days one after the other adjoin, in every zone and kind, from the first that a column holds', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...kinds),
      fc.constantFrom(...zones),
      fc.constantFrom<'policy' | 'UTC'>('policy', 'UTC'),
      fc.date({ min: new Date('1969-12-30T00:00:00Z'), max: new Date('2040-01-01T00:00:00Z'), noInvalidDate: true }),
      (kind, zone, datetimeZone, date) => {
        const day = date.toISOString().slice(0, 10) as Day;
        const of = (each: Day) => dayWindow(each, kind, zone, datetimeZone);
        const neighbours = {
          before: { day: addDays(day, -1), window: of(addDays(day, -1)) },
          after: { day: addDays(day, 1), window: of(addDays(day, 1)) },
        };
        expect(misfit(of(day), neighbours)).toBeUndefined();
      },
    ),
    { numRuns: 2_000 },
  );
});

test.each([
  ['timestamp', 'Europe/Berlin', '1970-01-01 00:00:01', '1970-01-01 23:00:00'],
  ['timestamp', 'UTC', '1970-01-01 00:00:01', '1970-01-02 00:00:00'],
  ['epochSeconds', 'Europe/Berlin', '1', '82800'],
  ['epochMillis', 'America/New_York', '18000000', '104400000'],
] as const)('the first day of %s in %s begins no earlier than what counts as dated', (kind, zone, start, end) => {
  expect(dayWindow('1970-01-01' as Day, kind, zone, 'policy')).toEqual({ start, end });
});
