import type { Work } from '../telemetry/workMeter.ts';

/** Heartbeat, cancellation signal and metrics of one attempt of an activity. */
export interface Attempt {
  beat(progress: Record<string, string | number>): void;
  signal: AbortSignal;
  /** Adds to the metrics what was done: rows, and bytes of CSV before compression. */
  count?(work: Work, rows: number, bytes: number): void;
  /** Adds to the metrics that it waited, and by what of few values. */
  waited?(reason: string, millis: number): void;
}

/** A rule or a finding stops this table; a person has to look. Not retried. */
export class Stopped extends Error {
  override readonly name: string = 'Stopped';
}

/** A person holds the table. Expected, and tried again by itself; the slot is free meanwhile. */
export class Held extends Error {
  override readonly name = 'Held';
  constructor(
    readonly table: string,
    readonly hold: { owner: string; reason: string },
  ) {
    super(`${table} is held by ${hold.owner}, exports too: ${hold.reason}`);
  }
}
