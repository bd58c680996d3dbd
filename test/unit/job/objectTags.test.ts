import { expect, test } from 'vitest';
import { parseConfig } from '../../../src/config/load.ts';
import { objectTagsOf } from '../../../src/job/objectTags.ts';

function tagsOf(store: string) {
  const text = `source: { name: bank, url: "mysql://sediment@127.0.0.1" }
store: { bucket: archive, prefix: cold, region: eu-central-1${store} }
tables: [{ table: bank.orders, timeColumn: at }]
`;
  const config = parseConfig(text, 'sediment.yaml', {});
  return (key: string) => objectTagsOf(config, key);
}

test('each object of a day says whose it is, of which table and day; in every layout, replaced ones too', () => {
  const day = { source: 'bank', dataset: 'core', database: 'bank', table: 'orders', day: '2026-01-05' };
  const folders = { hive: 'year=2026/month=01/day=05', plain: '2026/01/05', dt: 'dt=2026-01-05' };
  for (const [layout, folder] of Object.entries(folders)) {
    const of = tagsOf(`, layout: ${layout}, tagging: { dataset: core }`);
    for (const name of [
      'orders.20260105.00000.e1.csv.gz',
      '_manifest.json',
      '_purge.json',
      '_chunks.00000.e1.ndjson.gz',
    ])
      expect(of(`cold/bank/orders/${folder}/${name}`)).toEqual(day);
    expect(of(`cold/_superseded/bank/orders/${folder}/orders.csv.gz`)).toEqual(day);
  }
});

test('what belongs to no day or to no table has the tags that it can have; staging has none', () => {
  const of = tagsOf(', tagging: true');
  expect(of('cold/_sediment.json')).toEqual({ source: 'bank', dataset: 'archive' });
  expect(of('cold/bank/orders_old/x')).toEqual({ source: 'bank', dataset: 'archive' });
  expect(of('cold/_staging/_probe-1')).toBeUndefined();
  expect([tagsOf('')('cold/_sediment.json'), tagsOf(', tagging: false')('cold/_sediment.json')]).toEqual([
    undefined,
    undefined,
  ]);
});
