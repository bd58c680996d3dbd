import { z } from 'zod';
import { isShorter, parseDuration } from '../model/duration.ts';
import { messageOf } from '../model/error.ts';

/** The storage classes whose objects every reader gets at once. */
const classes = ['STANDARD', 'STANDARD_IA', 'ONEZONE_IA', 'INTELLIGENT_TIERING', 'GLACIER_IR'] as const;
export type StorageClass = (typeof classes)[number];

/** S3 has them, and gives their objects back only after hours. */
const slow = ['GLACIER', 'DEEP_ARCHIVE'];

function classComplaint(value: unknown): string | undefined {
  if (classes.some((each) => each === value)) return undefined;
  const text = JSON.stringify(value);
  if (slow.includes(String(value)))
    return (
      `${text} gives objects back only after hours, and a purge, a heal and every reader need them at once. ` +
      'Write GLACIER_IR, which costs little more and is read at once.'
    );
  return `${text} isn't known here. Write ${classes.join(' or ')}.`;
}

export const storageClassSchema = z.custom<StorageClass>((value) => classComplaint(value) === undefined, {
  error: (issue) => classComplaint(issue.input),
});

/** How long no version of an object can be deleted, counted from when it is written. */
export interface ObjectLock {
  /** `governance`: who has the right to bypass it may delete; `compliance`: nobody may, the account's owner included. */
  mode: 'governance' | 'compliance';
  days?: number | undefined;
  years?: number | undefined;
}

/** What becomes of a table's archive once it is written. Plain JSON. */
export interface ArchiveSettings {
  /** How long a day's archive is kept, counted from the day: ISO 8601 in whole days. Left out: for good. */
  expire?: string | undefined;
  /** How long before it is deleted a day is announced: ISO 8601 in whole days. */
  notice: string;
  /** Who may delete what has expired: a person alone, or the audit's schedule as well. */
  by: 'command' | 'audit';
  /** Of parts; left out: the store's. */
  storageClass?: StorageClass | undefined;
  /** Left out: as the bucket has it. */
  lock?: ObjectLock | undefined;
}

export const defaultNotice = 'P30D';

const duration = z.string().superRefine((text, context) => {
  try {
    parseDuration(text);
  } catch (error) {
    context.addIssue({ code: 'custom', message: messageOf(error) });
  }
});

const lockSchema = z
  .strictObject({
    mode: z.enum(['governance', 'compliance']),
    days: z.int().min(1).max(36_500).optional(),
    years: z.int().min(1).max(100).optional(),
  })
  .refine(({ days, years }) => (days === undefined) !== (years === undefined), {
    error: 'says how long by days or by years, one of them. Write { mode: governance, years: 7 }.',
  });

export const archiveSchema = z.strictObject({
  /** How long a day's archive is kept, counted from the day; then it is deleted, announced and never by itself unless `by` says so. Default: for good. */
  expire: duration.optional(),
  /** How long before its deletion a day is announced. Default P30D; at least P1D. */
  notice: duration
    .refine((text) => !isShorter(text, 'P1D'), { error: 'is shorter than a day. Write P30D.' })
    .optional(),
  /** Who may delete what has expired: `command`, a person by `sediment audit --expire`, or `audit`, its schedule as well. Default command. */
  by: z.enum(['command', 'audit']).optional(),
  /** The storage class of the table's parts. Default: store.storageClass. */
  storageClass: storageClassSchema.optional(),
  /** Object Lock of what is written, from then on: `mode: governance` or `compliance`, and `days` or `years`. Default: as the bucket has it. */
  lock: lockSchema.optional(),
});

export type ArchiveFile = z.infer<typeof archiveSchema>;

/** A table's own keys, else those of `defaults`; undefined where neither says anything. */
export function resolveArchive(
  defaults: ArchiveFile | undefined,
  own: ArchiveFile | undefined,
): ArchiveSettings | undefined {
  if (!defaults && !own) return undefined;
  return { notice: defaultNotice, by: 'command', ...defaults, ...own };
}

/** As a duration: `P7Y`. */
export function lockDuration({ days, years }: ObjectLock): string {
  return years === undefined ? `P${days ?? 0}D` : `P${years}Y`;
}

/** Until when an object is locked that is written now: as S3 takes it. */
export function lockedUntil({ days = 0, years = 0 }: ObjectLock, now: Date): Date {
  const until = new Date(now);
  until.setUTCFullYear(until.getUTCFullYear() + years);
  until.setUTCDate(until.getUTCDate() + days);
  return until;
}

/** What is wrong with the keys together; the key, and what to write. */
export function archiveProblem(
  { expire, by, lock }: ArchiveSettings,
  { retention }: { retention: string },
): { key: 'expire' | 'by' | 'lock'; message: string } | undefined {
  if (by === 'audit' && expire === undefined)
    return {
      key: 'by',
      message: 'audit may delete what has expired, and nothing expires. Write expire: P7Y, or take it out.',
    };
  if (expire !== undefined && isShorter(expire, retention))
    return {
      key: 'expire',
      message:
        `the archive would be kept for ${expire} and the rows for ${retention}: what is archived may only go after ` +
        'the rows. Write a longer expire.',
    };
  if (expire !== undefined && lock && isShorter(expire, lockDuration(lock)))
    return {
      key: 'lock',
      message:
        `${lockDuration(lock)} is longer than expire, ${expire}: S3 would refuse to delete what has expired. Write a ` +
        'shorter lock, or a longer expire.',
    };
  return undefined;
}

/** The longer of two: neither of two policies may delete what the other keeps. Undefined, for good, is the longest. */
export function longerKept(
  one: ArchiveSettings | undefined,
  other: ArchiveSettings | undefined,
): ArchiveSettings | undefined {
  if (!one) return undefined;
  const { expire: _, ...kept } = one;
  if (!other || one.expire === undefined || other.expire === undefined) return { ...kept, by: 'command' };
  return {
    ...one,
    expire: isShorter(one.expire, other.expire) ? other.expire : one.expire,
    notice: isShorter(one.notice, other.notice) ? other.notice : one.notice,
    by: one.by === 'audit' && other.by === 'audit' ? 'audit' : 'command',
  };
}
