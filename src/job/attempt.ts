import type { DayEvent, LoggedDay } from '../telemetry/dayLog.ts';
import type { Work } from '../telemetry/workMeter.ts';

/** Heartbeat, cancellation signal and metrics of one attempt of an activity. */
export interface Attempt {
  heartbeat(progress: Record<string, string | number>): void;
  signal: AbortSignal;
  /** When Temporal handed it out, by its own clock, in milliseconds since 1970. */
  scheduledAt?: number;
  /** Adds rows, and bytes of CSV before compression, to the metrics. */
  count?(work: Work, rows: number, bytes: number): void;
  /** Adds a wait to the metrics. `reason` has few values. */
  waited?(reason: string, millis: number): void;
  /** Logs what became of a day or a table, in a line for people. */
  report?(day: LoggedDay, found: DayEvent): void;
}

/** A rule or a finding stops this table until a person has looked. Not retried. */
export class Stopped extends Error {
  override readonly name: string = 'Stopped';
  /** The command by which it goes on, as a shell takes it; null where a person has to mend what no command does. */
  readonly command: string | null;

  /** @param finding what is wrong; where there is a command it ends with a colon, and the message with the command */
  constructor(finding: string, { command, ...options }: ErrorOptions & { command?: string } = {}) {
    super(command === undefined ? finding : `${finding} ${command}`, options);
    this.command = command ?? null;
  }
}

/** A person holds the table. Expected: it is retried, and the worker slot is free meanwhile. */
export class Held extends Error {
  override readonly name = 'Held';
  constructor(
    readonly table: string,
    readonly hold: { owner: string; reason: string },
  ) {
    super(`${table} is held by ${hold.owner}, exports too: ${hold.reason}`);
  }
}
