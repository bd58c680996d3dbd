import { expect, test } from 'vitest';
import { sentence } from '../../../src/checks/check.ts';
import type { Locking, StoreFacts } from '../../../src/checks/store/facts.ts';
import { lockedVersions } from '../../../src/checks/store/lockedVersions.ts';

const none: Locking = { table: 'bank.orders', lock: undefined, expire: undefined, stages: false };

function said(objectLock: StoreFacts['objectLock'], locking: Partial<Locking> = {}): string[] {
  const lifecycle = { expiring: [], archiving: [], noncurrent: [], abortsUploads: true };
  const bucket = { bucket: 'archive', where: 'the bucket', versioning: true, allowUnversioned: false, lifecycle };
  return lockedVersions.run({ ...bucket, objectLock, locking: [{ ...none, ...locking }] }).map(sentence);
}

test('a default retention in compliance mode: nobody deletes before, heals and purges go on, erasures wait', () => {
  const [kept, costs, ...others] = said({ byDefault: { mode: 'COMPLIANCE', years: 7 } });
  expect(kept).toMatch(/^bucket archive keeps every version for 7 years in compliance mode: nobody .*owner included; /);
  expect(kept).toMatch(
    /a purge, a heal and late rows go on, .*; erase and audit --expire refuse .* until its last lock/,
  );
  expect(costs).toMatch(/each version of the trace of a purge/);
  expect(costs).not.toContain('_staging/');
  expect(others).toEqual([]);
});

test('governance mode names the right that bypasses it', () => {
  expect(said({ byDefault: { mode: 'GOVERNANCE', days: 1 } })[0]).toMatch(
    /for 1 day in governance mode: who has s3:BypassGovernanceRetention can delete it before, which Sediment never uses/,
  );
});

test('a policy’s own lock, an earlier expiry and an Aurora server’s staging are each said of their table', () => {
  expect(said({ byDefault: undefined }, { lock: { mode: 'COMPLIANCE', days: 90 } })).toEqual([
    expect.stringMatching(/^archive\.lock of bank\.orders keeps what it writes for 90 days in compliance mode/),
  ]);
  const [, costs, later] = said({ byDefault: { mode: 'GOVERNANCE', years: 1 } }, { expire: 'P6M', stages: true });
  expect(costs).toContain('what an Aurora server stages below _staging/');
  expect(later).toBe('archive.expire of bank.orders is P6M, shorter than that lock; days go once their lock is over');
});

test('without a retention, without Object Lock or unasked there is nothing to say; an unreadable one names the right', () => {
  expect([said({ byDefault: undefined }), said(false), said(undefined)]).toEqual([[], [], []]);
  expect(said({ unreadable: 'AccessDenied' })).toEqual([
    expect.stringContaining('s3:GetBucketObjectLockConfiguration'),
  ]);
});
