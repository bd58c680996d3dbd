import { describe, expect, test } from 'vitest';
import {
  addDays,
  dayOf,
  daysBetween,
  dayWindow,
  InvalidDay,
  parseDay,
  subtractDuration,
} from '../../../src/model/day.ts';
import { InvalidDuration, isShorter, parseDuration } from '../../../src/model/duration.ts';

describe('a day', () => {
  test.each(['2026-02-30', '2025-02-29', '0000-00-00', '2026-13-01', '2026-1-1', '20260101', '2026-01-01T00:00', ''])(
    'is refused when it is none: %s',
    (text) => {
      expect(() => parseDay(text)).toThrow(InvalidDay);
      expect(() => parseDay(text)).toThrow(/2026-11-21/);
    },
  );

  test('adds across months, leap days and years', () => {
    expect(addDays(parseDay('2024-02-28'), 1)).toBe('2024-02-29');
    expect(addDays(parseDay('2026-01-01'), -1)).toBe('2025-12-31');
    expect(() => addDays(parseDay('9999-12-31'), 1)).toThrow(InvalidDay);
  });

  test('runs are inclusive, and none backwards', () => {
    const [one, three] = [parseDay('2026-02-27'), parseDay('2026-03-01')];
    expect(daysBetween(one, three)).toEqual(['2026-02-27', '2026-02-28', '2026-03-01']);
    expect(daysBetween(one, one)).toEqual([one]);
    expect(daysBetween(three, one)).toEqual([]);
    expect(daysBetween(parseDay('9999-12-30'), parseDay('9999-12-31'))).toHaveLength(2);
  });

  test('of an instant is the zone’s', () => {
    expect(dayOf('2026-11-20T23:30:00Z', 'Europe/Berlin')).toBe('2026-11-21');
    expect(dayOf('2026-11-20T18:14:59Z', 'Asia/Kathmandu')).toBe('2026-11-20');
    expect(dayOf('2026-11-20T18:15:00Z', 'Asia/Kathmandu')).toBe('2026-11-21');
  });
});

describe('a retention taken off a day', () => {
  test.each([
    ['2026-04-30', 'P2M', '2026-02-28'],
    ['2024-04-30', 'P2M', '2024-02-29'],
    ['2026-03-31', 'P1M', '2026-02-28'],
    ['2024-02-29', 'P1Y', '2023-02-28'],
    ['2026-03-31', 'P60D', '2026-01-30'],
    ['2026-11-24', 'P8W', '2026-09-29'],
  ])('%s minus %s is %s', (day, duration, expected) => {
    expect(subtractDuration(parseDay(day), duration)).toBe(expected);
  });

  test('is never hours', () => {
    expect(() => subtractDuration(parseDay('2026-03-31'), 'PT48H')).toThrow(InvalidDuration);
  });
});

describe('a duration', () => {
  test.each([
    ['60 days', 'Write P60D, or P2M for two calendar months.'],
    ['90d', 'Write P90D, or P3M for three calendar months.'],
    ['45 days', 'Write P45D.'],
    ['8 weeks', 'Write P8W.'],
    ['2 months', 'Write P2M.'],
    ['1 year', 'Write P1Y.'],
    ['p60d', 'Write P60D, or P2M'],
    ['P', 'Write P60D'],
    ['', 'Write P60D'],
    ['-P2M', 'Write P60D'],
    ['P1.5M', 'Write P60D'],
    ['PT48H', 'counts hours or minutes'],
    ['P9999Y', 'longer than 1000 years'],
    ['P99999999999999Y', 'longer than any calendar'],
  ])('%s is refused with what to write', (text, message) => {
    expect(() => parseDuration(text)).toThrow(InvalidDuration);
    expect(() => parseDuration(text)).toThrow(message);
  });

  test('of time may have hours and minutes', () => {
    expect(parseDuration('PT10M', 'time').minutes).toBe(10);
    expect(parseDuration('P14D', 'time').days).toBe(14);
    expect(() => parseDuration('10 minutes', 'time')).toThrow('Write PT10M.');
    expect(() => parseDuration('PT', 'time')).toThrow(InvalidDuration);
    expect(() => parseDuration('P1DT', 'time')).toThrow(InvalidDuration);
  });

  test('is compared with months at their shortest', () => {
    expect(isShorter('P1M', 'P30D')).toBe(true);
    expect(isShorter('P7D', 'P1W')).toBe(false);
    expect(isShorter('P6D', 'P7D')).toBe(true);
  });
});

describe('a day’s window', () => {
  const seconds = (day: string, zone: string) => {
    const { start, end } = dayWindow(parseDay(day), 'epochSeconds', zone, 'policy');
    return Number(end) - Number(start);
  };

  test.each([
    ['2026-03-29', 'Europe/Berlin', 23],
    ['2026-10-25', 'Europe/Berlin', 25],
    ['2026-07-01', 'Europe/Berlin', 24],
    ['2018-11-04', 'America/Sao_Paulo', 23],
    ['2018-02-17', 'America/Sao_Paulo', 25],
    ['2026-11-01', 'America/Havana', 25],
    ['2011-12-30', 'Pacific/Apia', 0],
    ['2026-11-21', 'Asia/Kathmandu', 24],
  ])('%s in %s has %i hours (P36)', (day, zone, hours) => {
    expect(seconds(day, zone)).toBe(hours * 3600);
  });

  test.each([
    ['epochSeconds', '1', '86400'],
    ['epochMillis', '1', '86400000'],
    ['timestamp', '1970-01-01 00:00:01', '1970-01-02 00:00:00'],
  ] as const)('of %s begins at the first moment that is a time: a zero is none', (kind, start, end) => {
    expect(dayWindow(parseDay('1970-01-01'), kind, 'UTC', 'policy')).toEqual({ start, end });
    expect(dayWindow(parseDay('1969-12-31'), kind, 'UTC', 'policy')).toEqual({ start, end: start });
  });

  test('without a midnight begins at one', () => {
    const window = dayWindow(parseDay('2018-11-04'), 'timestamp', 'America/Sao_Paulo', 'policy');
    expect(window).toEqual({ start: '2018-11-04 03:00:00', end: '2018-11-05 02:00:00' });
  });

  test('is written as the column compares it: TIMESTAMP an instant, DATETIME wall time (P35)', () => {
    const of = (kind: Parameters<typeof dayWindow>[1], zone: 'policy' | 'UTC' = 'policy') =>
      dayWindow(parseDay('2026-11-21'), kind, 'Asia/Kathmandu', zone);
    expect(of('date')).toEqual({ start: '2026-11-21', end: '2026-11-22' });
    expect(of('date', 'UTC')).toEqual({ start: '2026-11-21', end: '2026-11-22' });
    expect(of('datetime')).toEqual({ start: '2026-11-21 00:00:00', end: '2026-11-22 00:00:00' });
    expect(of('datetime', 'UTC')).toEqual({ start: '2026-11-20 18:15:00', end: '2026-11-21 18:15:00' });
    expect(of('timestamp')).toEqual({ start: '2026-11-20 18:15:00', end: '2026-11-21 18:15:00' });
    expect(of('epochSeconds')).toEqual({ start: '1795198500', end: '1795284900' });
    expect(of('epochMillis')).toEqual({ start: '1795198500000', end: '1795284900000' });
  });

  test.each(['Europe/Berlin', 'America/Sao_Paulo', 'America/Havana', 'Asia/Kathmandu', 'Pacific/Apia'])(
    'meets the next one without gap or overlap through a year of changes in %s',
    (zone) => {
      let end: string | undefined;
      for (const day of daysBetween(parseDay('2011-01-01'), parseDay('2012-01-02'))) {
        const window = dayWindow(day, 'timestamp', zone, 'policy');
        if (end !== undefined) expect(window.start).toBe(end);
        end = window.end;
      }
    },
  );
});
