import { counted, exact, size } from '../model/figures.ts';

/** What became of a day of a table, or of the table as a whole. */
export type DayEvent =
  | { event: 'archived'; rows: number; bytes: number }
  | { event: 'purged'; rows: number }
  | { event: 'putBack'; rows: number }
  | { event: 'expired'; rows: number; bytes: number; versions: number }
  | { event: 'drilled'; rows: number; bytes: number; finding: string | null }
  | { event: 'healed'; added: number; changed: number; removed: number; parts: number }
  | { event: 'audited'; rows: number; bytes: number; finding: string | null }
  | { event: 'held'; by: string; reason: string }
  /** It isn't in the catalogue that the config names; the archive is whole. */
  | { event: 'unregistered'; reason: string }
  | { event: 'refused' | 'stopped'; reason: string };

/** What an event happened to. Without a day: the table. */
export interface LoggedDay {
  table: string;
  day?: string | undefined;
}

/** A line of the log: a sentence for people, and the same as fields. */
export interface DayLine {
  message: string;
  fields: Record<string, string | number>;
}

/**
 * Makes the lines of a worker that say what became of each table and day. A hold is said once, and again only when the
 * table is held by something else: a purge asks again every few seconds.
 */
export class DayLog {
  readonly #heldBy = new Map<string, string>();
  readonly #begunAt = new Map<string, number>();

  /** An export of a day begins. The first attempt counts, until the day is archived. */
  begin({ table, day }: LoggedDay, now = performance.now()): void {
    const key = `${table} ${day}`;
    if (!this.#begunAt.has(key)) this.#begunAt.set(key, now);
  }

  /** @returns undefined where it was said already */
  line(logged: LoggedDay, found: DayEvent, now = performance.now()): DayLine | undefined {
    const { table, day } = logged;
    if (found.event === 'held' && this.#heldBy.get(table) === found.by) return undefined;
    if (found.event === 'held') this.#heldBy.set(table, found.by);
    else if (found.event !== 'audited') this.#heldBy.delete(table);
    const seconds = found.event === 'archived' ? this.#seconds(logged, now) : undefined;
    const subject = day === undefined ? table : `${table} ${day}`;
    const fields: DayLine['fields'] = { event: found.event, table };
    if (day !== undefined) fields.day = day;
    if (seconds !== undefined) fields.seconds = seconds;
    return {
      message: `${subject} ${inWords(subject, found)}${seconds === undefined ? '' : `, ${seconds} s`}`,
      fields: { ...fields, ...figures(found) },
    };
  }

  /** Since the day's first attempt in this worker; undefined where another worker began it. */
  #seconds({ table, day }: LoggedDay, now: number): number | undefined {
    const key = `${table} ${day}`;
    const began = this.#begunAt.get(key);
    this.#begunAt.delete(key);
    return began === undefined ? undefined : Math.round((now - began) / 100) / 10;
  }
}

function inWords(subject: string, found: DayEvent): string {
  switch (found.event) {
    case 'archived':
      return `archived: ${counted(found.rows, 'row')}, ${size(found.bytes)}`;
    case 'purged':
      return `purged: ${counted(found.rows, 'row')}`;
    case 'drilled':
      return found.finding
        ? `could not be restored: ${found.finding}`
        : `restored by way of trial, and proved: ${counted(found.rows, 'row')}`;
    case 'expired':
      return `expired: ${counted(found.rows, 'row')}, ${size(found.bytes)}, ${counted(found.versions, 'version')} deleted`;
    case 'putBack':
      return `put back: ${counted(found.rows, 'row')}`;
    case 'healed':
      return (
        `healed: ${counted(found.added, 'row')} added, ${exact(found.changed)} changed, ` +
        `${exact(found.removed)} removed; ${counted(found.parts, 'part')} written`
      );
    case 'audited':
      return found.finding
        ? `damaged: ${found.finding}`
        : `read back, as it was written: ${counted(found.rows, 'row')}, ${size(found.bytes)}`;
    default:
      // A stop names its table and day itself.
      return `${found.event}: ${withoutSubject(found.reason, subject)}`;
  }
}

function withoutSubject(reason: string, subject: string): string {
  return reason.startsWith(`${subject}: `) ? reason.slice(subject.length + 2) : reason;
}

function figures({ event, ...rest }: DayEvent): DayLine['fields'] {
  return Object.fromEntries(Object.entries(rest).filter((each): each is [string, string | number] => each[1] !== null));
}
