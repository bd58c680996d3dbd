import { describe, expect, test } from 'vitest';
import { defaultThrottle } from '../../../src/config/throttle.ts';
import { commitMillisBetween, readerReadings } from '../../../src/mysql/health/aurora.ts';
import { BinlogTrail } from '../../../src/mysql/health/binlogHistory.ts';
import { type LagByTrail, replicaLag } from '../../../src/mysql/health/replicaStatus.ts';
import { contentionRest, type Health, limitOf, type Reading, waitReasons } from '../../../src/pacing/throttle.ts';

const now = 100_000;
const good = (reading: Omit<Reading, 'goodAt'>): Reading => ({ ...reading, goodAt: now });
const lag = (value: number, of = 'replica db-2') => good({ signal: 'replicaLagSeconds', of, value });
const reasons = (readings: Reading[], heldBefore: string[] = [], more: Partial<Health> = {}) =>
  waitReasons({ readings, ...more }, defaultThrottle, now, new Set(heldBefore)).map(({ reason }) => reason);

describe('the throttle', () => {
  test('lets a healthy server be worked on', () => {
    expect(
      reasons([
        good({ signal: 'threadsRunning', value: 25 }),
        good({ signal: 'historyLength', value: 1_000_000 }),
        good({ signal: 'commitMillis', value: 50 }),
        lag(1),
      ]),
    ).toEqual([]);
  });

  test('names each signal that is over its limit', () => {
    expect(
      reasons([
        good({ signal: 'threadsRunning', value: 26 }),
        good({ signal: 'historyLength', value: 1_000_001 }),
        good({ signal: 'commitMillis', value: 50.06 }),
        lag(4.2),
      ]),
    ).toEqual([
      '26 threads are running, limit 25',
      'the history list holds 1,000,001 transactions, limit 1,000,000',
      'a commit takes 50.1 ms, limit 50 ms',
      'replica db-2 is 4.2 s behind, limit 1 s',
    ]);
  });

  test('holds on to four fifths of the limit once it holds, so that it doesn’t flap', () => {
    const running = (value: number) => [good({ signal: 'threadsRunning', value })];
    expect(reasons(running(23))).toEqual([]);
    expect(reasons(running(23), ['threadsRunning'])).toEqual(['23 threads are running, limit 25; it goes on at 20']);
    expect(reasons(running(20), ['threadsRunning'])).toEqual([]);
  });

  test('a last good value that is frozen counts for 15 s and then holds (P45)', () => {
    const frozen = (age: number) => [{ ...lag(0), goodAt: now - age, failure: 'ECONNREFUSED' }];
    expect(reasons(frozen(15_000))).toEqual([]);
    expect(reasons(frozen(16_000))).toEqual(["the lag of replica db-2 can't be read, for 16 s now: ECONNREFUSED"]);
  });

  test('what was never read, or is no number, holds at once (P43)', () => {
    expect(reasons([{ signal: 'historyLength' }])).toEqual(['the history list length has not been measured yet']);
    expect(reasons([{ signal: 'historyLength', failure: 'no PROCESS' }])).toEqual([
      "the history list length can't be read: no PROCESS",
    ]);
    expect(reasons([lag(Number.NaN)])).toHaveLength(1);
    expect(reasons([good({ signal: 'threadsRunning' })])).toHaveLength(1);
  });

  test('a signal that is switched off isn’t looked at, whatever it says', () => {
    const off = { ...defaultThrottle, replicaLagSeconds: 'off' as const };
    expect(waitReasons({ readings: [{ signal: 'replicaLagSeconds', of: 'replica db-2' }, lag(99)] }, off, now)).toEqual(
      [],
    );
  });

  test('two running threads a vCPU is the limit where Aurora tells their number', () => {
    expect(limitOf(defaultThrottle, 'threadsRunning', 16)).toBe(32);
    expect(limitOf(defaultThrottle, 'threadsRunning', 2)).toBe(8);
    expect(limitOf(defaultThrottle, 'threadsRunning', undefined)).toBe(25);
    expect(limitOf({ ...defaultThrottle, threadsRunning: 40 }, 'threadsRunning', 16)).toBe(40);
  });

  test('rests after a lock wait, twice as long after each further one, a minute at most', () => {
    const rest = (times: number, later = 0) =>
      contentionRest({ kind: 'deadlock', times, at: now }, defaultThrottle, now + later);
    expect([rest(1), rest(2), rest(3), rest(50)]).toEqual([5_000, 10_000, 20_000, 60_000]);
    expect([rest(1, 4_000), rest(1, 5_000), rest(1, 9_000)]).toEqual([1_000, 0, 0]);
    expect(contentionRest(undefined, defaultThrottle, now)).toBe(0);
    const off = { ...defaultThrottle, lockWaitSeconds: 'off' as const };
    expect(contentionRest({ kind: 'lock wait', times: 3, at: now }, off, now)).toBe(0);
  });
});

describe('a replica’s status', () => {
  const healthy = { Replica_IO_Running: 'Yes', Replica_SQL_Running: 'Yes', Seconds_Behind_Source: '0' };

  test('tells the lag, on MariaDB by its own names, and the worst of several channels', () => {
    expect(replicaLag([{ ...healthy, Seconds_Behind_Source: '7' }])).toEqual({ value: 7 });
    expect(replicaLag([healthy, { ...healthy, Seconds_Behind_Source: '7' }, healthy])).toEqual({ value: 7 });
    const mariadb = { Slave_IO_Running: 'Yes', Slave_SQL_Running: 'Yes', Seconds_Behind_Master: '3' };
    expect(replicaLag([mariadb])).toEqual({ value: 3 });
  });

  test.each([
    ['no channel', [], 'replicates from nobody'],
    [
      'a stopped SQL thread',
      [{ ...healthy, Replica_SQL_Running: 'No', Last_SQL_Error: 'no row' }],
      'SQL thread is stopped (no row)',
    ],
    ['a stopped IO thread', [{ ...healthy, Replica_IO_Running: 'No' }], 'IO thread is stopped'],
    ['a lost source', [{ ...healthy, Replica_IO_Running: 'Connecting' }], 'IO thread is not connected'],
    ['a NULL lag', [{ ...healthy, Seconds_Behind_Source: null }], 'doesn’t know its own lag'],
    ['one bad channel of two', [healthy, { ...healthy, Replica_SQL_Running: 'No' }], 'SQL thread is stopped'],
    ['a status that knows none of it', [{}], 'SQL thread is stopped'],
  ])('with %s is unfit, not healthy (P43)', (_, channels, words) => {
    expect(replicaLag(channels).unfit).toContain(words);
    expect(replicaLag(channels).value).toBeUndefined();
  });
});

describe('the trail of the source’s binary log', () => {
  const at = (position: number, file = 'binlog.000001') => ({ file, position });
  const trail = (...looks: [position: number, at: number, file?: string][]) => {
    const made = new BinlogTrail();
    for (const [position, when, file] of looks) made.note(at(position, file), when);
    return made;
  };

  test('gives the age of the oldest commit that a replica lacks', () => {
    const seen = trail([100, 1_000], [200, 2_000], [200, 3_000], [300, 4_000]);
    expect(seen.lag(at(300), 4_100)).toEqual({ seconds: 0, atLeast: false });
    expect(seen.lag(at(250), 4_100)).toEqual({ seconds: 0.1, atLeast: false });
    expect(seen.lag(at(200), 4_100)).toEqual({ seconds: 0.1, atLeast: false });
    expect(seen.lag(at(150), 4_200)).toEqual({ seconds: 2.2, atLeast: false });
  });

  test('knows that it can’t tell how far behind its own beginning a replica is', () => {
    expect(trail([100, 1_000], [200, 2_000]).lag(at(50), 2_000)).toEqual({ seconds: 1, atLeast: true });
    expect(trail([100, 1_000]).lag(at(50), 1_000)).toEqual({ seconds: 0, atLeast: true });
  });

  test('goes by the file’s number first, beyond six digits too', () => {
    const seen = trail([900, 1_000, 'binlog.999999'], [100, 2_000, 'binlog.1000000']);
    expect(seen.lag(at(950, 'binlog.999999'), 2_500)?.seconds).toBe(0.5);
    expect(seen.lag(at(100, 'binlog.1000000'), 2_500)?.seconds).toBe(0);
  });

  test('says nothing of what happened while nobody looked', () => {
    const seen = trail([100, 1_000], [9_000, 3_600_000]);
    expect(seen.lag(at(5_000), 3_600_000)).toEqual({ seconds: 0, atLeast: true });
  });

  test('says nothing where the source wasn’t looked at lately, and begins again with a log that was reset', () => {
    expect(trail().lag(at(1), 0)).toBeUndefined();
    expect(trail([100, 1_000]).lag(at(100), 9_000)).toBeUndefined();
    expect(trail([500, 1_000], [100, 2_000]).lag(at(100), 2_000)?.seconds).toBe(0);
  });

  test('replaces whole seconds where the replica follows the source itself, and not where it follows another', () => {
    const status = {
      ...{ Replica_IO_Running: 'Yes', Replica_SQL_Running: 'Yes', Seconds_Behind_Source: '2', Source_Server_Id: '1' },
      ...{ Relay_Source_Log_File: 'binlog.000001', Exec_Source_Log_Pos: '150' },
    };
    const by =
      (atLeast: boolean): LagByTrail =>
      (serverId) =>
        serverId === '1' ? { seconds: 1.5, atLeast } : undefined;
    expect(replicaLag([status], by(false))).toEqual({ value: 1.5 });
    expect(replicaLag([status], by(true))).toEqual({ value: 2 });
    expect(replicaLag([{ ...status, Source_Server_Id: '9' }], by(false))).toEqual({ value: 2 });
  });
});

// No Aurora can be had here: these are its documented columns as values.
describe('Aurora', () => {
  test('tells milliseconds a commit between two looks', () => {
    const before = { commits: 100, latencyMicros: 1_000_000 };
    expect(commitMillisBetween(before, { commits: 150, latencyMicros: 1_200_000 })).toBe(4);
    expect(commitMillisBetween(before, before)).toBe(0);
    expect(commitMillisBetween(undefined, before)).toBeUndefined();
    // A restart sets the counters to zero.
    expect(commitMillisBetween(before, { commits: 5, latencyMicros: 10 })).toBeUndefined();
  });

  test('a reader that doesn’t report any more holds, and one that is long gone doesn’t count (P45)', () => {
    const readers = [
      { server: 'a', lagMillis: 20, age: 0 },
      { server: 'b', lagMillis: 20, age: 40 },
      { server: 'c', lagMillis: 20, age: 301 },
      { server: 'd', lagMillis: 4_200, age: 1 },
    ];
    expect(reasons(readerReadings(readers, now))).toEqual([
      'reader b: it has not reported its lag for 40 s',
      'reader d is 4.2 s behind, limit 1 s',
    ]);
  });
});
