/** What a restore has done so far, in JSON; continue-as-new carries it. */
export interface RestoreOutcome {
  /** The table that it makes; empty until that is prepared. */
  target: string;
  daysRestored: number;
  /** Days that an earlier run of the same restore had loaded. */
  daysBefore: number;
  days: number;
  /** Of this run. */
  rows: number;
  /** Compressed, from S3; of this run. */
  bytes: number;
  /** Of all its days, as their manifests count them. */
  rowsArchived: number;
  /** Days of the range that have no archive: the first hundred. */
  missing: string[];
  daysMissing: number;
  /** Why a day isn't in the target whole, by day. */
  failed: Record<string, string>;
}

/** What a restore was prepared for. */
interface Prepared {
  target: string;
  days: readonly string[];
  done: readonly string[];
  rows: number;
  missing: readonly string[];
}

const listed = 100;
const textLength = 600;

const nothing: Prepared = { target: '', days: [], done: [], rows: 0, missing: [] };

export function startRestore({ target, days, done, rows, missing }: Prepared = nothing): RestoreOutcome {
  return {
    target,
    daysRestored: 0,
    daysBefore: done.length,
    days: days.length + done.length,
    rows: 0,
    bytes: 0,
    rowsArchived: rows,
    missing: missing.slice(0, listed),
    daysMissing: missing.length,
    failed: {},
  };
}

export function noteRestored(outcome: RestoreOutcome, { rows, bytes }: { rows: number; bytes: number }): void {
  outcome.daysRestored++;
  outcome.rows += rows;
  outcome.bytes += bytes;
}

export function noteUnrestored(outcome: RestoreOutcome, day: string, reason: string): void {
  outcome.failed[day] = reason.slice(0, textLength);
}

/** The outcome in a sentence; `format` writes the number of rows. */
export function restoreInWords(outcome: RestoreOutcome, format: (rows: number) => string = String): string {
  const { target, daysRestored, daysBefore, days, rows, missing, daysMissing, failed } = outcome;
  if (target === '') return 'nothing is prepared yet';
  const count = (number: number) => `${number} ${number === 1 ? 'day' : 'days'}`;
  const [day, reason] = Object.entries(failed)[0] ?? [];
  return [
    `${daysRestored + daysBefore} of ${count(days)} in ${target}, ${format(rows)} rows loaded, each chunk proved there`,
    ...(daysBefore > 0 ? [`${count(daysBefore)} from an earlier run`] : []),
    ...(daysMissing > 0 ? [`${count(daysMissing)} of the range not archived, the first ${missing[0]}`] : []),
    ...(day === undefined ? [] : [`${count(Object.keys(failed).length)} not restored: ${day}: ${reason}`]),
  ].join('; ');
}
