import { expect, test } from 'vitest';
import { hasReached } from '../../../src/mysql/replica/auroraReader.ts';
import { channelFrom, type ReplicaFacts, type ServerName, unfitFor } from '../../../src/mysql/replica/replicaFacts.ts';

const source: ServerName = { flavor: 'mysql', uuid: 'aaaa', id: '1', aurora: false };
const ours = { Source_UUID: 'aaaa', Source_Server_Id: '1', Source_Host: 'db-1', Channel_Name: 'main' };
const replica: ReplicaFacts = { ...source, uuid: 'bbbb', id: '2', readOnly: true, channels: [ours] };
const mariadb: ServerName = { flavor: 'mariadb', uuid: null, id: '1', aurora: false };

test('a read-only replica of the source is fit to be read, by whichever of its channels', () => {
  expect(unfitFor(source, replica)).toBeUndefined();
  const other = { Source_UUID: 'cccc', Source_Host: 'db-9' };
  expect(channelFrom(source, { ...replica, channels: [other, ours] })).toBe(ours);
  const channel = { Master_Server_Id: '1', Master_Host: 'db-1' };
  expect(unfitFor(mariadb, { ...mariadb, id: '2', readOnly: true, channels: [channel] })).toBeUndefined();
});

test('a server that isn’t the source’s replica is refused by name', () => {
  const factOf = (found: Partial<ReplicaFacts>) => unfitFor(source, { ...replica, ...found })?.fact;
  expect(factOf({ channels: [{ ...ours, Source_UUID: 'cccc', Source_Host: 'db-9' }] })).toBe(
    'it is a replica of another server (db-9), not of the source itself',
  );
  expect(factOf({ channels: [] })).toBe('it replicates from nobody');
  expect(factOf({ uuid: 'aaaa' })).toBe('it is the source itself');
  expect(factOf({ readOnly: false })).toContain('it takes writes');
  expect(factOf({ flavor: 'mariadb', uuid: null })).toBe('it is MariaDB and the source is MySQL');
  expect(factOf({ aurora: true })).toBe('it is Aurora MySQL and the source is MySQL');
  expect(unfitFor(mariadb, { ...mariadb, readOnly: true, channels: [] })?.fact).toBe('it is the source itself');
});

test('an Aurora reader has what was committed before its last report less its lag', () => {
  expect(hasReached({ reportedAt: 10_000, lagMillis: 20 }, 9_979)).toBe(true);
  expect(hasReached({ reportedAt: 10_000, lagMillis: 20 }, 9_980)).toBe(false);
  expect(hasReached({ reportedAt: 10_000, lagMillis: -1 }, 9_000)).toBe(false);
  expect(hasReached({ reportedAt: 10_000, lagMillis: Number.NaN }, 0)).toBe(false);
});
