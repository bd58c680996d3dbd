import { expect, test } from 'vitest';
import { lifecycleFacts } from '../../../src/s3/lifecycle.ts';

const own = { source: 'bank', database: 'shop', table: 'orders#1' };
const tag = (Key: string, Value: string) => ({ Key, Value });

test.each([
  ['a tag of somebody else’s', [tag('tmp', '1')], false],
  ['the table’s tag, as it is written', [tag('table', 'orders=231')], true],
  ['another table’s', [tag('table', 'orders')], false],
  ['the source’s and any day’s', [tag('source', 'bank'), tag('day', '2026-01-05')], true],
  ['the table’s, beside somebody else’s', [tag('database', 'shop'), tag('tmp', '1')], false],
])('a rule for objects with %s (%j) expires the archive: %s', (_, Tags, expires) => {
  const rule = { ID: 'r', Status: 'Enabled' as const, Filter: { And: { Tags } }, Expiration: { Days: 1 } };
  expect(lifecycleFacts([rule], 'archive/shop/orders/', own).expiring).toEqual(expires ? ['r'] : []);
});

test('where nothing is known of the tags, one that Sediment gives counts', () => {
  const rule = {
    ID: 'r',
    Status: 'Enabled' as const,
    Filter: { Tag: tag('table', 'orders') },
    Expiration: { Days: 1 },
  };
  expect(lifecycleFacts([rule], 'archive').expiring).toEqual(['r']);
});
