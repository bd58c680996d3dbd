import { z } from 'zod';

/** When audits read the archive back, and how much of it. Plain JSON. */
export interface AuditSettings {
  /** `Sun 03:00` once per week, `03:00` every day; UTC. */
  at: string;
  /** Days per table that a run reads: first those that were never read, then those that were read longest ago. */
  daysATable: number;
  /** Each archived day is read at least once in so many days: a run reads more days of a table where that takes it. Left out: no such promise. */
  everyDays?: number | undefined;
  /** Compressed bytes per second that a worker's audits read at most. Left out: as fast as it goes. */
  bytesPerSecond?: number | undefined;
}

const defaultAudit: AuditSettings = { at: 'Sun 03:00', daysATable: 7 };

const form = /^(?:(Mon|Tue|Wed|Thu|Fri|Sat|Sun) )?([01]\d|2[0-3]):([0-5]\d)$/;
const known = ['at', 'daysATable', 'everyDays', 'bytesPerSecond'];
const isWhole = (value: unknown, least: number, most: number) =>
  Number.isInteger(value) && Number(value) >= least && Number(value) <= most;

function complaintOf(value: unknown): string | undefined {
  if (value === 'off') return undefined;
  const wanted = 'Write off, or { at: "Sun 03:00", daysATable: 7 }.';
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return `is no audit. ${wanted}`;
  const unknown = Object.keys(value).find((key) => !known.includes(key));
  if (unknown !== undefined) return `no such key: ${unknown}. ${wanted}`;
  const { at, daysATable, everyDays, bytesPerSecond } = value as Record<string, unknown>;
  if (at !== undefined && !(typeof at === 'string' && form.test(at)))
    return `at: ${JSON.stringify(at)} is no time of the week. Write "Sun 03:00", or "03:00" for every day; UTC.`;
  const days = Number(daysATable ?? 1);
  if (daysATable !== undefined && !(Number.isInteger(daysATable) && days >= 1 && days <= 5_000))
    return `daysATable: ${JSON.stringify(daysATable)} isn't a whole number from 1 to 5000.`;
  if (everyDays !== undefined && !isWhole(everyDays, 7, 5_000))
    return `everyDays: ${JSON.stringify(everyDays)} isn't a whole number from 7 to 5000.`;
  if (bytesPerSecond !== undefined && !isWhole(bytesPerSecond, 100_000, 1e12))
    return `bytesPerSecond: ${JSON.stringify(bytesPerSecond)} isn't a whole number from 100000, a tenth of a megabyte.`;
  return undefined;
}

type AuditFile = 'off' | Partial<AuditSettings>;

export const auditSchema = z.custom<AuditFile>((value) => complaintOf(value) === undefined, {
  error: (issue) => complaintOf(issue.input),
});

/** The settings with their defaults; null for off. */
export function resolveAudit(file: AuditFile | undefined): AuditSettings | null {
  return file === 'off' ? null : { ...defaultAudit, ...file };
}

/** The parts of `at`, in UTC; `weekday` as `SUNDAY`, absent for every day. */
export function auditTime(at: string): { weekday?: (typeof weekdays)[number]; hour: number; minute: number } {
  const [, day, hour, minute] = form.exec(at) ?? [];
  const weekday = weekdays.find((each) => day && each.startsWith(day.toUpperCase()));
  return { weekday, hour: Number(hour), minute: Number(minute) };
}

/**
 * Days of a table that a run reads, so that each of its days is read once in `everyDays`.
 *
 * @param days archived days of the table
 */
export function daysOfRun({ at, daysATable, everyDays }: AuditSettings, days: number): number {
  if (everyDays === undefined) return daysATable;
  const runs = Math.max(1, Math.floor(everyDays / (auditTime(at).weekday ? 7 : 1)));
  return Math.max(daysATable, Math.ceil(days / runs));
}

const weekdays = ['MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY', 'SUNDAY'] as const;
