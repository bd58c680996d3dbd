import { goesOn } from '../../config/expiry.ts';
import type { TablePolicy } from '../../config/policy.ts';
import type { Expiry } from '../../ledger/expiries.ts';
import type { Day } from '../../model/day.ts';

/** What of a table's archive will be deleted, and what was, because the policy keeps archives for a stated time. */
export interface ExpiryReport {
  /** How long a day's archive is kept: ISO 8601; null where the policy no longer says. */
  expire: string | null;
  notice: string | null;
  by: 'command' | 'audit';
  /** What will go, and from which day on the first of it; null where nothing is announced. */
  announced: { days: number; from: Day; to: Day; rows: number; bytes: number; goesOn: Day } | null;
  /** Days whose deletion was begun and isn't done. */
  begun: Day[];
  /** What has gone; null for nothing. */
  expired: { days: number; through: Day; rows: number; bytes: number } | null;
}

/** Null where the policy says nothing of it and nothing has ever expired. */
export function expiryReport(
  { archive, zone }: Pick<TablePolicy, 'archive' | 'zone'>,
  expiries: readonly Expiry[],
): ExpiryReport | null {
  const expire = archive?.expire;
  if (expire === undefined && expiries.length === 0) return null;
  const waiting = expiries.filter(({ begunAt }) => begunAt === null);
  const gone = expiries.filter(({ doneAt }) => doneAt !== null);
  const [first] = waiting;
  const lastWaiting = waiting.at(-1);
  const lastGone = gone.at(-1);
  const sum = (of: readonly Expiry[], value: 'rows' | 'bytes') => of.reduce((total, each) => total + each[value], 0);
  const dates =
    archive && expire !== undefined ? waiting.map((each) => goesOn({ ...archive, expire }, each, zone)).sort() : [];
  return {
    expire: expire ?? null,
    notice: archive?.notice ?? null,
    by: archive?.by ?? 'command',
    announced:
      first && lastWaiting && dates[0]
        ? {
            days: waiting.length,
            from: first.day,
            to: lastWaiting.day,
            rows: sum(waiting, 'rows'),
            bytes: sum(waiting, 'bytes'),
            goesOn: dates[0],
          }
        : null,
    begun: expiries.filter(({ begunAt, doneAt }) => begunAt !== null && doneAt === null).map(({ day }) => day),
    expired: lastGone
      ? { days: gone.length, through: lastGone.day, rows: sum(gone, 'rows'), bytes: sum(gone, 'bytes') }
      : null,
  };
}
