import { expect, test } from 'vitest';
import type { Day } from '../../../src/model/day.ts';
import { auditGauges } from '../../../src/telemetry/auditGauges.ts';
import { policyOf } from '../../support/reports.ts';

const none = { accounts: [], folders: new Map(), drills: new Map(), expiries: new Map() };
const account = {
  database: 'shop',
  table: 'orders',
  lastAt: 1_700,
  days: 3,
  objects: 9,
  bytes: 300,
  oldestSeconds: 60,
};

test('a table that nothing was read or drilled of has no figure, and one that was never audited an age and no time', () => {
  const policies = [policyOf('shop.orders')];
  expect(auditGauges(policies, none)).toEqual([]);
  const never = auditGauges(policies, { ...none, accounts: [{ ...account, lastAt: null, days: 0 }] });
  expect(never.map(({ name }) => name)).not.toContain('sediment_audit_timestamp_seconds');
  expect(never).toContainEqual({ name: 'sediment_audit_oldest_age_seconds', table: 'shop.orders', value: 60 });
});

test('audits, findings by kind, drills and what expires are gauges of the table', () => {
  const counts = {
    unnamed: 0,
    doubled: 2,
    missing: 0,
    changed: 0,
    halfUploaded: 0,
    bucketRefused: 0,
    catalogBehind: 4,
  };
  const drill = { day: '2026-01-05' as Day, rows: 1, bytes: 1, seconds: 1, finding: 'no', at: '2026-01-05T00:00:00Z' };
  const expiry = {
    day: '2026-01-05' as Day,
    announcedAt: '',
    rows: 1,
    bytes: 50,
    who: null,
    begunAt: null,
    versions: 0,
  };
  const found = auditGauges([policyOf('shop.orders')], {
    accounts: [account],
    folders: new Map([['shop.orders', counts]]),
    drills: new Map([['shop.orders', drill]]),
    expiries: new Map([
      [
        'shop.orders',
        [
          { ...expiry, doneAt: null },
          { ...expiry, doneAt: 'done' },
        ],
      ],
    ]),
  });
  const value = (name: string, kind?: string) => found.find((each) => each.name === name && each.kind === kind)?.value;
  expect(value('sediment_audit_findings', 'doubled')).toBe(2);
  expect(value('sediment_audit_findings', 'catalogBehind')).toBe(4);
  expect(value('sediment_audited_objects')).toBe(9);
  expect(value('sediment_audit_timestamp_seconds')).toBe(1_700);
  expect(value('sediment_drill_failed')).toBe(1);
  expect(value('sediment_drill_timestamp_seconds')).toBe(Date.parse(drill.at) / 1000);
  expect(value('sediment_expiring_days')).toBe(1);
  expect(value('sediment_expiring_bytes')).toBe(50);
});
