import { expect, test } from 'vitest';
import { Ledger } from '../../../src/ledger/ledger.ts';
import { parseDay } from '../../../src/model/day.ts';
import { mayFollow, type PartitionState, parseState, UnknownState } from '../../../src/model/partitionState.ts';
import { makeWorld } from '../../support/world.ts';

test.each(['mysql', 'mariadb'] as const)(
  'on %s the ledger’s tables are made once, whoever makes them at once or again',
  async (flavor) => {
    const world = await makeWorld(flavor, { ledger: false });
    const tables = () =>
      world.sql(
        'SELECT TABLE_NAME AS name, CREATE_TIME AS made FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? ORDER BY 1',
        [world.ledger.name],
      );
    const sessions = await Promise.all(Array.from({ length: 5 }, () => world.source.open('READ COMMITTED')));
    await Promise.all(sessions.map((session) => new Ledger(session, world.ledger.name).migrate()));
    for (const session of sessions) session.close();
    const made = await tables();
    expect(made.length).toBeGreaterThan(10);
    await world.ledger.putHold({ scope: '*', owner: 'dba', reason: 'stays', until: null });
    await world.ledger.migrate();
    expect(await tables()).toEqual(made);
    expect(await world.sql(`SELECT owner FROM ${world.ledger.name}.holds`)).toEqual([{ owner: 'dba' }]);
    world.close();
  },
);

test.each(['mysql', 'mariadb'] as const)(
  'on %s keys and version ids of 1,024 bytes are kept whole, each once, and longer ones are refused rather than cut',
  async (flavor) => {
    const world = await makeWorld(flavor);
    const { ledger } = world;
    const key = (last: string) => `漢/${'k'.repeat(1_019)}${last}`;
    const versionId = 'v'.repeat(1_024);
    const partition = { database: 'bank', table: 'orders', day: parseDay('2026-01-05') };
    for (const _ of ['once', 'again']) {
      for (const last of ['a', 'A', 'b']) await ledger.condemn(key(last), 1);
      await ledger.replaceParts(partition, [], [{ key: key('a'), versionId }, { key: key('b') }]);
    }
    const asked = ['a', 'A', 'b', 'c'].map(key);
    expect((await ledger.condemnedAmong(asked)).sort()).toEqual([key('A'), key('a'), key('b')]);
    expect(await ledger.condemnedAmong([])).toEqual([]);
    const superseded = await ledger.superseded('漢/k');
    expect(superseded.map((each) => [each.key, each.versionId])).toEqual([
      [key('a'), versionId],
      [key('b'), undefined],
    ]);
    await ledger.setMoved(key('a'));
    expect(await ledger.superseded('漢/')).toHaveLength(1);
    await ledger.insertPartition(partition, 'salt', { start: '', end: '' }, 'fingerprint');
    await ledger.setManifestVersion(partition, versionId);
    expect((await ledger.readPartition(partition))?.manifestVersion).toBe(versionId);
    await expect(ledger.condemn(`${key('a')}b`, 1)).rejects.toThrow(/Data too long/);
    world.close();
  },
);

test('a partition’s states follow one another by the table, and no other way', () => {
  const states: PartitionState[] = ['exporting', 'exported', 'verified', 'archived', 'purging', 'purged'];
  // What a purge has relied on is never exported again, and nothing is purged that isn't archived.
  for (const later of ['archived', 'purging', 'purged'] as const)
    for (const earlier of ['exporting', 'exported', 'verified'] as const) {
      expect([later, earlier, mayFollow(later, earlier)]).toEqual([later, earlier, false]);
    }
  expect(states.filter((state) => mayFollow(state, 'purging'))).toEqual(['archived', 'purging', 'purged']);
  expect(states.filter((state) => mayFollow(state, 'purged'))).toEqual(['purging', 'purged']);
  expect(() => parseState('purgd', 'bank.orders 2026-01-05')).toThrow(UnknownState);
});
