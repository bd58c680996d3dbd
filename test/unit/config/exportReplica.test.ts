import { expect, test } from 'vitest';
import { parseConfig } from '../../../src/config/load.ts';

const config = (source: string, table: string) => `
source: { name: bank, url: "mysql://u:pw@db-1"${source} }
store: { bucket: b-1, region: us-east-1 }
tables: [{ table: shop.orders, timeColumn: t${table} }]
`;
const parse = (source: string, table: string) => parseConfig(config(source, table), 'c.yaml', {});
const fromReplica = ', export: { from: replica }';

test('an export reads the replica that the source names, as the source’s user', () => {
  const { source, tables } = parse(', exportReplica: "mysql://db-2:3307"', fromReplica);
  expect(source.exportReplica).toMatchObject({ name: 'db-2:3307', user: 'u', password: 'pw' });
  expect(tables[0]?.export).toEqual({ from: 'replica' });
  expect(parse('', ', export: { from: writer }').source.exportReplica).toBeUndefined();
});

test.each([
  ['', fromReplica, 'tables[0].export.from: no replica is named. Write source.exportReplica: mysql://db-2:3306'],
  [', exportReplica: "mysql://db-1:3306"', '', 'source.exportReplica: is the source itself. Name a replica of it'],
  [', exportReplica: db-2', '', 'source.exportReplica: is no address. Write mysql://host:3306'],
  ['', ', export: { from: reader }', 'tables[0].export.from: "reader" isn\'t known here. Write writer or replica.'],
])('%s%s is refused with what to write', (source, table, message) => {
  expect(() => parse(source, table)).toThrow(message);
});
