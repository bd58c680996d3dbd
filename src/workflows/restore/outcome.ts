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
  /** Of a restore into the live table: rows that were there, as archived and otherwise, and until when the purge leaves the days alone. */
  live?: { there: number; differing: number; examples: string[]; until: string };
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
  /** Of a restore into the live table. */
  until?: string;
}

const listed = 100;
const textLength = 600;

const nothing: Prepared = { target: '', days: [], done: [], rows: 0, missing: [] };

export function startRestore({ target, days, done, rows, missing, until }: Prepared = nothing): RestoreOutcome {
  const outcome: RestoreOutcome = {
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
  if (until !== undefined) outcome.live = { there: 0, differing: 0, examples: [], until };
  return outcome;
}

export function noteRestored(outcome: RestoreOutcome, { rows, bytes }: { rows: number; bytes: number }): void {
  outcome.daysRestored++;
  outcome.rows += rows;
  outcome.bytes += bytes;
}

const examplesListed = 20;

export function notePutBack(
  outcome: RestoreOutcome,
  day: { rows: number; bytes: number; there: number; differing: number; examples: readonly string[] },
): void {
  noteRestored(outcome, day);
  if (!outcome.live) return;
  outcome.live.there += day.there;
  outcome.live.differing += day.differing;
  outcome.live.examples = [...outcome.live.examples, ...day.examples].slice(0, examplesListed);
}

export function noteUnrestored(outcome: RestoreOutcome, day: string, reason: string): void {
  outcome.failed[day] = reason.slice(0, textLength);
}

/** The outcome in a sentence; `format` writes the number of rows. */
export function restoreInWords(outcome: RestoreOutcome, format: (rows: number) => string = String): string {
  const { target, daysRestored, daysBefore, days, rows, missing, daysMissing, failed, live } = outcome;
  if (target === '') return 'nothing is prepared yet';
  const count = (number: number) => `${number} ${number === 1 ? 'day' : 'days'}`;
  const [day, reason] = Object.entries(failed)[0] ?? [];
  return [
    live
      ? `${daysRestored} of ${count(days)} looked at in ${target}, ${format(rows)} rows put back and proved there, ` +
        `${format(live.there)} were there as archived, ` +
        `${format(live.differing)} with other values and are left as they are`
      : `${daysRestored + daysBefore} of ${count(days)} in ${target}, ${format(rows)} rows loaded, each chunk proved there`,
    ...(!live && daysBefore > 0 ? [`${count(daysBefore)} from an earlier run`] : []),
    ...(daysMissing > 0 ? [`${count(daysMissing)} of the range not archived, the first ${missing[0]}`] : []),
    ...(day === undefined ? [] : [`${count(Object.keys(failed).length)} not restored: ${day}: ${reason}`]),
  ].join('; ');
}
