import { describe, expect, test } from 'vitest';
import { lockedUntil, longerKept } from '../../../src/config/archive.ts';
import { parseConfig } from '../../../src/config/load.ts';
import { objectRulesOf } from '../../../src/job/objectRules.ts';

function config(archive: string, { store = '', defaults = '', audit = '' } = {}) {
  return parseConfig(
    `source: { name: bank, url: 'mysql://u@127.0.0.1' }
store: { bucket: archive, region: us-east-1${store} }
${audit}
defaults: { zone: UTC${defaults} }
tables:
  - { table: shop.orders, timeColumn: t, archive: ${archive} }
`,
    'sediment.yaml',
    {},
  );
}

describe('what a policy says of the archive itself', () => {
  test('is the table’s own, key by key before the defaults’, and nothing where nobody says anything', () => {
    const given = config('{ storageClass: STANDARD_IA }', { defaults: ', archive: { expire: P7Y, notice: P60D }' });
    expect(given.tables[0]?.archive).toEqual({
      expire: 'P7Y',
      notice: 'P60D',
      by: 'command',
      storageClass: 'STANDARD_IA',
    });
    expect(config('{}').tables[0]?.archive).toEqual({ notice: 'P30D', by: 'command' });
  });

  test.each([
    ['{ expire: 7 years }', /archive.expire: "7 years" is no ISO 8601 duration. Write P7Y/],
    ['{ expire: P1M }', /kept for P1M and the rows for P2M: what is archived may only go after the rows/],
    ['{ expire: P7Y, notice: PT1H }', /archive.notice: .*whole days are needed/],
    ['{ expire: P7Y, notice: P0D }', /archive.notice: is shorter than a day/],
    ['{ by: audit }', /archive.by: audit may delete what has expired, and nothing expires/],
    ['{ storageClass: GLACIER }', /"GLACIER" gives objects back only after hours/],
    ['{ storageClass: DEEP_ARCHIVE }', /"DEEP_ARCHIVE" gives objects back only after hours.* Write GLACIER_IR/],
    ['{ storageClass: COLD }', /"COLD" isn't known here. Write STANDARD or/],
    ['{ lock: { mode: governance } }', /archive.lock: says how long by days or by years/],
    ['{ lock: { mode: governance, days: 1, years: 1 } }', /by days or by years, one of them/],
    ['{ lock: { mode: forever, days: 1 } }', /"forever" isn't known here. Write governance or compliance/],
    ['{ expire: P7Y, lock: { mode: compliance, years: 8 } }', /archive.lock: P8Y is longer than expire, P7Y/],
  ])('%s is refused in words', (archive, message) => {
    expect(() => config(archive)).toThrow(message);
  });

  test('a store’s storage class is refused in the same words, and an audit that is off expires nothing', () => {
    expect(() => config('{}', { store: ', storageClass: GLACIER' })).toThrow(/only after hours/);
    expect(() => config('{ expire: P7Y, by: audit }', { audit: 'audit: off' })).toThrow(/and audit is off/);
  });
});

test('of two policies the longer counts, and for good is the longest', () => {
  const seven = { expire: 'P7Y', notice: 'P30D', by: 'audit' } as const;
  expect(longerKept(seven, { ...seven, expire: 'P10Y', notice: 'P90D' })).toMatchObject({
    expire: 'P10Y',
    notice: 'P90D',
    by: 'audit',
  });
  expect(longerKept({ ...seven, expire: 'P10Y' }, { ...seven, by: 'command' })).toMatchObject({
    expire: 'P10Y',
    by: 'command',
  });
  expect(longerKept(seven, undefined)).not.toHaveProperty('expire');
  expect(longerKept(undefined, seven)).toBeUndefined();
});

test('an object of the table is locked from when it is written; a trace and what was replaced aren’t', () => {
  const own = config('{ storageClass: GLACIER_IR, lock: { mode: compliance, years: 7 } }');
  const now = new Date('2026-02-03T04:05:06Z');
  const rules = (key: string) => objectRulesOf(own, key, now);
  const lock = { mode: 'COMPLIANCE', until: new Date('2033-02-03T04:05:06Z') };
  expect(rules('shop/orders/year=2026/month=01/day=01/orders.csv.gz')).toEqual({ storageClass: 'GLACIER_IR', lock });
  expect(rules('shop/orders/year=2026/month=01/day=01/_manifest.json')?.lock).toEqual(lock);
  expect(rules('shop/orders/year=2026/month=01/day=01/_purge.json')?.lock).toBeUndefined();
  expect(rules('_superseded/shop/orders/orders.csv.gz')).toEqual({ storageClass: 'GLACIER_IR' });
  expect(rules('shop/orders_old/orders.csv.gz')).toBeUndefined();
  expect(lockedUntil({ mode: 'governance', days: 30 }, now)).toEqual(new Date('2026-03-05T04:05:06Z'));
});
