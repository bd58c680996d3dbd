import { expect, test } from 'vitest';
import { parseConfig } from '../../../src/config/load.ts';
import type { AuroraFacts } from '../../../src/mysql/schema/auroraFacts.ts';
import { chooseLoading, type LoadingFacts, summedLoadings } from '../../../src/restore/chooseLoading.ts';

const aurora: AuroraFacts = { version: '3.10.0', reader: false, role: 'arn:role', granted: false, mayLoad: true };
const facts: LoadingFacts = { aurora, local: true };

function partOf(key = 'bank/orders/orders.20260105.00000.e1.csv', bytes = 1000) {
  return { object: { key, bytes, etag: '"e"', crc32: 'c' } };
}

function restoredOf(store = '', policy = '', filtered = false) {
  const text = `source: { name: bank, url: "mysql://sediment@127.0.0.1" }
store: { bucket: archive, region: eu-central-1${store} }
tables: [{ table: bank.orders, timeColumn: at${policy} }]
`;
  const config = parseConfig(text, 'sediment.yaml', {});
  const [table] = config.tables;
  if (!table) throw new Error('a config without tables');
  return { policy: table, config, filtered };
}

const chosen = (given: LoadingFacts, restored = restoredOf(), part = partOf()) => chooseLoading(given, restored, part);

test('Aurora loads an uncompressed part by itself, where its role and the user may', () => {
  expect(chosen(facts)).toEqual({
    way: 'LOAD DATA FROM S3',
    why: 'Aurora MySQL 3.10.0 reads uncompressed parts by itself, as arn:role',
  });
});

test.each([
  ['a server that isn’t Aurora', { aurora: undefined }, {}, /^local_infile is ON, and the server isn’t Aurora MySQL$/],
  ['an empty parameter', { aurora: { ...aurora, role: '' } }, {}, /aws_default_s3_role is empty/],
  ['no grant', { aurora: { ...aurora, mayLoad: false } }, {}, /GRANT AWS_LOAD_S3_ACCESS TO 'sediment'@'%'/],
  ['version 2', { aurora: { ...aurora, version: '2.12.1' } }, {}, /version 2 has a role of its own/],
  ['engine: stream', {}, { policy: ', engine: stream' }, /the policy says engine: stream/],
  ['a condition', {}, { filtered: true }, /only rows with --where/],
  ['gzip', {}, { key: 'bank/orders/x.csv.gz' }, /can’t read gzip/],
  ['a key with a percent sign', {}, { key: 'bank/%C3%A4/x.csv' }, /can’t name its key safely/],
  ['a part that is too large', {}, { bytes: 2 ** 30 + 1 }, /larger than 1 GiB/],
])('%s: the worker loads, and the reason says so', (_, other, how, why) => {
  const { policy, filtered, key, bytes } = { policy: '', filtered: false, key: undefined, bytes: undefined, ...how };
  const found = chosen({ ...facts, ...other }, restoredOf('', policy, filtered), partOf(key, bytes));
  expect(found).toEqual({ way: 'LOAD DATA LOCAL', why: expect.stringMatching(why) });
});

test('objects under a key of one’s own are read by Aurora since 3.05', () => {
  const keyed = restoredOf(', kmsKey: "arn:aws:kms:eu-central-1:123456789012:key/one"');
  const of = (version: string) => chosen({ ...facts, aurora: { ...aurora, version } }, keyed).way;
  expect(['3.04.2', '3.05.1', '3.10.0'].map(of)).toEqual(['LOAD DATA LOCAL', ...Array(2).fill('LOAD DATA FROM S3')]);
});

test('without LOAD DATA LOCAL it is INSERTs, and how that is mended', () => {
  expect(chosen({ aurora: undefined, local: false })).toEqual({
    way: 'INSERT',
    why: expect.stringContaining('SET GLOBAL local_infile = 1'),
  });
});

test('parts of both compressions are each loaded their own way', () => {
  const parts = [partOf(), partOf('a.csv.gz'), partOf('b.csv')];
  expect(summedLoadings(facts, restoredOf(), parts).map(({ way, parts }) => [way, parts])).toEqual([
    ['LOAD DATA FROM S3', 2],
    ['LOAD DATA LOCAL', 1],
  ]);
});
