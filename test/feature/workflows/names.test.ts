import { afterAll, beforeAll, expect, test } from 'vitest';
import { commitManifest } from '../../../src/activities/commitManifest.ts';
import { exportPartition } from '../../../src/activities/exportPartition.ts';
import { purgeSlice } from '../../../src/activities/purgeSlice.ts';
import { verifyPartition } from '../../../src/activities/verifyPartition.ts';
import { formatTableName } from '../../../src/model/tableName.ts';
import { archiveId, auditId, backfillId, dailyId, healId, purgeId, verifyId } from '../../../src/workflows/ids.ts';
import { makeWorld, type World } from '../../support/world.ts';

const day = '2026-01-05';
let world: World;
let names: { database: string; table: string }[];

beforeAll(async () => {
  world = await makeWorld('mysql');
  // `w.b`.c and w.`b.c`: joined by a bare dot they would be one name.
  names = [
    { database: `${world.name}.b`, table: 'c' },
    { database: world.name, table: 'b.c' },
  ];
  await world.sql(`CREATE DATABASE \`${world.name}.b\``);
  for (const { database, table } of names) {
    await world.sql(`CREATE TABLE \`${database}\`.\`${table}\` (id INT PRIMARY KEY, t DATETIME NOT NULL, KEY (t))`);
    await world.sql(`INSERT INTO \`${database}\`.\`${table}\` VALUES (1, '${day} 10:00:00'), (2, '${day} 11:00:00')`);
    world.add({ database, table, timeColumn: 't' });
  }
});
afterAll(() => world.close());

test('two tables whose names differ only by where the dot stands have ids of their own (P78)', () => {
  const [one, other] = names.map(formatTableName);
  expect(archiveId('s', String(one), day)).not.toBe(archiveId('s', String(other), day));
  expect(purgeId('s', String(one))).toBe(`purge/s/${world.name}.b/c`);
  expect(purgeId('s', String(other))).toBe(`purge/s/${world.name}/b.c`);
  expect(purgeId('s', 'a.`b/c`')).toBe('purge/s/a/b%2Fc');
});

test('two sources have ids of their own for whatever they run, also where one name begins with the other (P78)', () => {
  const idsOf = (source: string) => [
    ...[archiveId(source, 'b.c', day), purgeId(source, 'b.c'), healId(source, 'b.c', day)],
    ...[auditId(source), auditId(source, 'b.c'), verifyId(source, 'b.c', day), dailyId(source, day)],
    backfillId(source, day, day, ['b.c']),
  ];
  const ids = ['bank', 'bank-2', 's'].flatMap(idsOf);
  expect(new Set(ids).size).toBe(ids.length);
});

test('a hold on a table whose name holds a dot holds that table and no other', async () => {
  const inputs = names.map((name) => ({ table: formatTableName(name), day }));
  for (const input of inputs) {
    await exportPartition(world.source, input, world.attempt);
    await verifyPartition(world.source, input, world.attempt);
    await commitManifest(world.source, input, world.attempt);
  }
  const [held, free] = inputs.map((input) => input.table);
  await world.ledger.putHold({ scope: String(held), owner: 'oncall', reason: 'month-end', until: null });
  const purge = (table: string | undefined) =>
    purgeSlice(world.source, { table: String(table), cutoff: '2026-06-01', forMillis: 60_000 }, world.attempt);
  expect(await purge(held)).toMatchObject({ deleted: 0, held: 'oncall: month-end' });
  expect(await purge(free)).toMatchObject({ deleted: 2 });
  await world.ledger.dropHold(String(held));
  expect(await purge(held)).toMatchObject({ deleted: 2 });
});
