import { metricMeter } from '@temporalio/activity';
import type { MetricCounter } from '@temporalio/common';
import { catalog } from './catalog.ts';

/** What an attempt does to rows. */
export type Work = 'exported' | 'verified' | 'deleted' | 'healed';

/**
 * Counts an attempt's work as it is done, in rows and in bytes of CSV before compression. Usable within an activity only;
 * `activityTelemetry` adds source and table.
 */
export function workMeter(): (work: Work, rows: number, bytes: number) => void {
  const counters = new Map<string, MetricCounter>();
  const counter = (work: Work, unit: 'rows' | 'bytes') => {
    const name = `sediment_${work}_${unit}_total` as const;
    const known = counters.get(name) ?? metricMeter.createCounter(name, unit, catalog[name].description);
    counters.set(name, known);
    return known;
  };
  return (work, rows, bytes) => {
    counter(work, 'rows').add(rows);
    counter(work, 'bytes').add(bytes);
  };
}

/** Counts a purge's waiting within a slice, in milliseconds. The workflow counts its waiting between slices itself. */
export function countWaited(reason: string, millis: number): void {
  const name = 'sediment_held_seconds_total';
  metricMeter.createCounter(name, 's', catalog[name].description).add(Math.round(millis / 1000), { reason });
}

/** Counts the seconds in which an attempt makes no progress; for a table's activity the series begins with its first attempt. */
export function countStalled(input: unknown): () => void {
  const name = 'sediment_stalled_seconds_total';
  const counter = metricMeter.createCounter(name, 's', catalog[name].description);
  if (typeof input === 'object' && input !== null && 'table' in input) counter.add(0);
  return () => counter.add(1);
}
