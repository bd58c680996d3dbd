import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  chunkIndexKey,
  dayPrefix,
  isVisible,
  keyBytes,
  keySegment,
  type Layout,
  manifestKey,
  parsePartKey,
  partKey,
  supersededKey,
  tablePrefix,
} from '../../../src/archive/keys.ts';
import { parseDay } from '../../../src/model/day.ts';

const day = parseDay('2026-11-21');
const orders = { prefix: 'p', layout: 'hive' as Layout, database: 'shop', table: 'orders' };
const table = fc.record({
  prefix: fc.constantFrom('', 'p', 'p/', 'a/b'),
  layout: fc.constantFrom<Layout>('hive', 'plain', 'dt'),
  database: fc.string({ minLength: 1, maxLength: 64, unit: 'grapheme' }),
  table: fc.string({ minLength: 1, maxLength: 64, unit: 'grapheme' }),
});

describe('a segment of a key', () => {
  test.each([
    ['_a.b c/ü', '%5Fa.b%20c%2F%C3%BC'],
    ['.hidden', '%2Ehidden'],
    ['a_b.c-d', 'a_b.c-d'],
    ['100%', '100%25'],
    ['..', '%2E.'],
  ])('hides nothing from readers and escapes everything else: %s', (name, segment) => {
    expect(keySegment(name)).toBe(segment);
  });

  test('is ASCII without a slash, and reads back as its name', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (name) => {
        expect(keySegment(name)).toMatch(/^(?![_.])[A-Za-z0-9_.%-]*$/);
        expect(decodeURIComponent(keySegment(name))).toBe(name);
      }),
    );
  });
});

describe('a day’s keys', () => {
  test.each([
    ['hive', 'p/shop/orders/year=2026/month=11/day=21/'],
    ['plain', 'p/shop/orders/2026/11/21/'],
    ['dt', 'p/shop/orders/dt=2026-11-21/'],
  ] as const)('lie in one folder, in the layout %s', (layout, folder) => {
    const table = { ...orders, layout };
    expect(dayPrefix(table, day)).toBe(folder);
    expect(manifestKey(table, day)).toBe(`${folder}_manifest.json`);
    expect(partKey(table, day, { part: 3, epoch: 2, compression: 'gzip' })).toBe(
      `${folder}orders.20261121.00003.e2.csv.gz`,
    );
    expect(partKey(table, day, { part: 3, epoch: 2, compression: 'none' })).toBe(
      `${folder}orders.20261121.00003.e2.csv`,
    );
    expect(chunkIndexKey(table, day, 3, 2)).toBe(`${folder}_chunks.00003.e2.ndjson.gz`);
  });

  test('of two tables never meet, whatever the tables are called', () => {
    fc.assert(
      fc.property(table, table, (one, other) => {
        const same = one.database === other.database && one.table === other.table;
        const there = { ...other, prefix: one.prefix, layout: one.layout };
        expect(tablePrefix(one) === tablePrefix(there)).toBe(same);
        expect(tablePrefix(one).startsWith(tablePrefix(there))).toBe(same);
      }),
    );
  });

  test('are another one under each epoch and for each part', () => {
    const keys = [1, 2].flatMap((epoch) =>
      [0, 1].flatMap((part) => [
        partKey(orders, day, { part, epoch, compression: 'gzip' }),
        chunkIndexKey(orders, day, part, epoch),
      ]),
    );
    expect(new Set(keys).size).toBe(keys.length);
  });

  test('move below _superseded/ under the prefix, and keep the rest', () => {
    expect(supersededKey('p', 'p/shop/orders/x')).toBe('p/_superseded/shop/orders/x');
    expect(supersededKey('', 'shop/orders/x')).toBe('_superseded/shop/orders/x');
  });

  test('are never longer than what the config is refused by', () => {
    const number = fc.integer({ min: 1, max: 4_294_967_295 });
    fc.assert(
      fc.property(table, fc.nat(999_999), number, (given, part, epoch) => {
        const keys = [
          partKey(given, day, { part, epoch, compression: 'gzip' }),
          chunkIndexKey(given, day, part, epoch),
          manifestKey(given, day),
        ];
        for (const key of keys)
          expect(Buffer.byteLength(supersededKey(given.prefix, key))).toBeLessThanOrEqual(keyBytes(given));
      }),
    );
  });
});

describe('the key of an object of a day', () => {
  test('says what the object is, whatever the table is called', () => {
    fc.assert(
      fc.property(table, fc.nat(999_999), fc.nat(4_294_967_295), (given, part, epoch) => {
        for (const compression of ['gzip', 'none'] as const) {
          const key = partKey(given, day, { part, epoch, compression });
          expect(parsePartKey(given, day, key)).toEqual({ kind: 'part', part, epoch });
          expect(isVisible(key)).toBe(true);
        }
        const index = chunkIndexKey(given, day, part, epoch);
        expect(parsePartKey(given, day, index)).toEqual({ kind: 'chunkIndex', part, epoch });
        expect(isVisible(index)).toBe(false);
        expect(parsePartKey(given, day, manifestKey(given, day))).toBeUndefined();
        expect(isVisible(manifestKey(given, day))).toBe(false);
      }),
    );
  });

  test.each([
    ['of another day', partKey(orders, parseDay('2026-11-22'), { part: 1, epoch: 1, compression: 'gzip' })],
    ['of another table', partKey({ ...orders, table: 'orders2' }, day, { part: 1, epoch: 1, compression: 'gzip' })],
    ['below _superseded/', supersededKey('p', partKey(orders, day, { part: 1, epoch: 1, compression: 'gzip' }))],
    ['with a shorter number', `${dayPrefix(orders, day)}orders.20261121.1.e1.csv`],
    ['with something behind it', `${partKey(orders, day, { part: 1, epoch: 1, compression: 'gzip' })}.bak`],
    ['in a folder of the day', `${dayPrefix(orders, day)}x/orders.20261121.00001.e1.csv.gz`],
  ])('%s is no part', (_, key) => {
    expect(parsePartKey(orders, day, key)).toBeUndefined();
  });
});
