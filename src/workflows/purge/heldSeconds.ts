import { metricMeter } from '@temporalio/workflow';

/** Waits, and counts for how long and why. Reasons must be few, because each makes a time series. Replays don't count. */
export async function countHeld(
  { source, table }: { source: string; table: string },
  reason: string | undefined,
  wait: () => Promise<unknown>,
): Promise<void> {
  const began = Date.now();
  try {
    await wait();
  } finally {
    const seconds = Math.round((Date.now() - began) / 1000);
    metricMeter
      .createCounter('sediment_held_seconds_total', 's', 'Seconds that a purge waited')
      .add(seconds, { source, table, reason: reason ?? 'other' });
  }
}
