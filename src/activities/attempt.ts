/** What an activity's attempt may do beside its work: tell that it lives, and hear that it should stop. */
export interface Attempt {
  beat(progress: Record<string, string | number>): void;
  signal: AbortSignal;
}

/** A rule or a finding stops this table; a person has to look. Not retried. */
export class Stopped extends Error {
  override readonly name: string = 'Stopped';
}

export interface PartitionInput {
  /** `db.table`, as in the config. */
  table: string;
  /** `YYYY-MM-DD` */
  day: string;
}
