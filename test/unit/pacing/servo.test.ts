import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { defaultBounds, nextServo, reviveServo, type ServoState, startServo } from '../../../src/pacing/servo.ts';

/** Runs transactions of a given cost a row, each as large as the servo says. */
function run(state: ServoState, millisARow: number, times: number, chunkRows = 1): ServoState {
  let servo = state;
  for (let time = 0; time < times; time++) {
    const rows = Math.max(chunkRows, Math.floor(servo.rows / chunkRows) * chunkRows);
    servo = nextServo(servo, rows, rows * millisARow);
  }
  return servo;
}

describe('the servo', () => {
  test.each([0.003, 0.02, 0.1, 1])(
    'at %s ms a row comes to transactions of about the target, and stays there',
    (cost) => {
      const settled = run(startServo(), cost, 30);
      const ideal = Math.min(defaultBounds.maxRows, defaultBounds.targetMillis / cost);
      expect(settled.rows).toBeGreaterThan(0.95 * ideal);
      expect(settled.rows).toBeLessThanOrEqual(ideal);
      expect(run(settled, cost, 10).rows).toBe(settled.rows);
    },
  );

  test('begins at 1,000 rows, grows by half per transaction, and settles where the target is met', () => {
    const grown = nextServo(startServo(), 1_000, 10);
    expect([startServo().rows, grown.rows]).toEqual([1_000, 1_500]);
    expect(run(grown, 0.05, 40).rows).toBe(5_000);
  });

  test('never leaves its bounds, and never grows by more than half', () => {
    const transactions = fc.array(fc.tuple(fc.nat(200_000), fc.double({ min: 0, max: 1e6, noNaN: true })), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(transactions, fc.integer({ min: 10, max: 10_000 }), (given, targetMillis) => {
        const bounds = { ...defaultBounds, targetMillis };
        let servo = startServo(bounds);
        for (const [rows, millis] of given) {
          const next = nextServo(servo, rows, millis, bounds);
          expect(next.rows).toBeGreaterThanOrEqual(bounds.minRows);
          expect(next.rows).toBeLessThanOrEqual(bounds.maxRows);
          expect(next.rows).toBeLessThanOrEqual(1.5 * servo.rows);
          expect(next.recent.length).toBeLessThanOrEqual(10);
          servo = next;
        }
      }),
    );
  });

  test('falls to a tenth at once when a transaction takes over five targets, and forgets what was quick before', () => {
    const settled = run(startServo(), 0.01, 30);
    const stalled = nextServo(settled, settled.rows, 5 * defaultBounds.targetMillis + 1);
    expect(stalled.rows).toBe(Math.floor(settled.rows / 10));
    expect(stalled.recent).toEqual([]);
    expect(nextServo(settled, settled.rows, 5 * defaultBounds.targetMillis).rows).toBeGreaterThan(stalled.rows);
  });

  test('a stall of a run without rows is one too, and a quick one without rows teaches nothing', () => {
    const settled = run(startServo(), 0.01, 30);
    expect(nextServo(settled, 0, 10_000).rows).toBe(Math.floor(settled.rows / 10));
    expect(nextServo(settled, 0, 1)).toBe(settled);
  });

  test('goes by the slow ones: one quick transaction among ten changes nothing, two slow ones do', () => {
    const settled = run(startServo(), 0.1, 30);
    const quick = nextServo(settled, settled.rows, settled.rows * 0.001);
    expect(quick.rows).toBe(settled.rows);
    const slow = nextServo(nextServo(settled, settled.rows, settled.rows * 0.3), settled.rows, settled.rows * 0.3);
    expect(slow.rows).toBeLessThan(settled.rows / 2);
  });

  test('remembers its pace through JSON, held to the bounds of today; nonsense is a fresh start', () => {
    const settled = run(startServo(), 0.01, 30);
    expect(reviveServo(JSON.parse(JSON.stringify(settled)))).toEqual(settled);
    expect(reviveServo(settled, { ...defaultBounds, maxRows: 500 }).rows).toBe(500);
    for (const nonsense of [
      null,
      undefined,
      7,
      {},
      { rows: -1, recent: [] },
      { rows: 'x' },
      { rows: 5, recent: [null] },
    ])
      expect(reviveServo(nonsense)).toEqual(startServo());
  });
});
