import { isShorter } from '../../model/duration.ts';
import type { Retention } from '../../s3/objectLock.ts';
import { type Check, type Finding, warn } from '../check.ts';
import type { StoreFacts } from './facts.ts';

/** What is locked can't be deleted: what heals, erasures and expiry can do then, and what it costs. */
export const lockedVersions: Check<StoreFacts> = {
  name: 'lockedVersions',
  scope: 'store',
  when: ['doctor'],
  run({ bucket, objectLock, locking }) {
    if (objectLock === undefined || objectLock === false) return [];
    if ('unreadable' in objectLock)
      return warn(
        `whether bucket ${bucket} has Object Lock can't be read (${objectLock.unreadable})`,
        'allow s3:GetBucketObjectLockConfiguration',
      );
    const { byDefault } = objectLock;
    return [
      ...(byDefault ? defaultFindings(bucket, byDefault, locking) : []),
      ...locking.flatMap(({ table, lock }) =>
        lock ? warn(`archive.lock of ${table} keeps what it writes for ${keptFor(lock)}`, consequences) : [],
      ),
    ];
  },
};

const consequences =
  'a purge, a heal and late rows go on, and what a heal replaces stays, hidden and paid for, until its lock is over; ' +
  'erase and audit --expire refuse a day until its last lock is over, and say when that is';

function defaultFindings(bucket: string, byDefault: Retention, locking: StoreFacts['locking']): Finding[] {
  const period = `P${byDefault.years ?? byDefault.days}${byDefault.years === undefined ? 'D' : 'Y'}`;
  const later = locking.filter(({ expire }) => expire !== undefined && isShorter(expire, period));
  const staged = locking.some(({ stages }) => stages);
  return [
    ...warn(`bucket ${bucket} keeps every version for ${keptFor(byDefault)}`, consequences),
    ...warn(
      'so it keeps each version of the trace of a purge, a few hundred bytes every few seconds' +
        (staged ? ', and what an Aurora server stages below _staging/, as large as the day is uncompressed' : ''),
      'archive.lock locks the parts without these; then the bucket needs no default retention',
    ),
    ...later.flatMap(({ table, expire }) =>
      warn(`archive.expire of ${table} is ${expire}, shorter than that lock`, 'days go once their lock is over'),
    ),
  ];
}

/** `7 years in governance mode: …` */
function keptFor({ mode, days, years }: Retention): string {
  const period =
    years === undefined ? `${days} ${days === 1 ? 'day' : 'days'}` : `${years} ${years === 1 ? 'year' : 'years'}`;
  return mode === 'COMPLIANCE'
    ? `${period} in compliance mode: nobody can delete it before, the account's owner included`
    : `${period} in governance mode: who has s3:BypassGovernanceRetention can delete it before, which Sediment never uses`;
}
