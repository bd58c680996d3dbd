import { afterAll, beforeAll, expect, test } from 'vitest';
import { auditPartition } from '../../../src/activities/auditPartition.ts';
import { Source } from '../../../src/job/source.ts';
import { daysToAudit } from '../../../src/ledger/audits.ts';
import { archive, day, fill, heal, manifestOf, purgeToEnd } from '../../support/archived.ts';
import { makeWorld, type World } from '../../support/world.ts';

let world: World;
beforeAll(async () => {
  world = await makeWorld('mysql');
});
afterAll(() => world.close());

function audit(table: string) {
  return auditPartition(world.source, { table: `${world.name}.${table}`, day }, world.attempt);
}

test('a day that is whole is read back row by row, healed parts and further passes too', async () => {
  await fill(world, 'whole', 120);
  await archive(world, 'whole');
  await world.sql(`UPDATE ${world.name}.whole SET note = 'new' WHERE id = 5`);
  await purgeToEnd(world, 'whole');
  expect(await audit('whole')).toEqual({ rows: 120, bytes: expect.any(Number), finding: null });
});

test('an object that was overwritten or removed is found, recorded, and left as it is', async () => {
  await fill(world, 'damaged', 120);
  await archive(world, 'damaged');
  const [part] = (await manifestOf(world, 'damaged')).parts;
  const key = String(part?.object.key);
  await world.source.store.remove(key);
  expect((await audit('damaged')).finding).toMatch(/is gone/);
  await world.source.store.putNew(key, Buffer.from('something else'));
  expect((await audit('damaged')).finding).toMatch(/not the version that was verified/);
  expect((await world.source.store.read(key)).toString()).toBe('something else');
  const [row] = await world.sql(`SELECT finding FROM ${world.ledger.name}.audits WHERE table_name = 'damaged'`);
  expect(row?.finding).toMatch(/not the version/);
});

test('a single byte that S3 returns otherwise is found, of a part and of its chunk index', async () => {
  await fill(world, 'flipped', 120);
  await archive(world, 'flipped');
  const [part] = (await manifestOf(world, 'flipped')).parts;
  const source = new Source(world.config);
  const { stream } = source.store;
  let at: string | undefined;
  source.store.stream = async function* (key, options) {
    for await (const piece of stream.call(source.store, key, options)) {
      // The operating system that wrote the gzip member: nothing that is unpacked would tell.
      if (key === at) piece[9] = (piece[9] ?? 0) ^ 1;
      yield piece;
    }
  };
  const found = () => auditPartition(source, { table: `${world.name}.flipped`, day }, world.attempt);
  for (const key of [part?.object.key, part?.chunkIndex.key]) {
    at = key;
    expect((await found()).finding).toBe(
      `s3: ${key}: the SHA-256 of its bytes isn’t the one that was recorded; restore its version`,
    );
  }
  at = undefined;
  expect(await found()).toMatchObject({ rows: 120, finding: null });
  source.close();
});

test('a day that is healed while it is read is read again, and not called damaged', async () => {
  await fill(world, 'healed', 120);
  await archive(world, 'healed');
  await world.sql(`UPDATE ${world.name}.healed SET note = 'new' WHERE id = 5`);
  const source = new Source(world.config);
  const [part] = (await manifestOf(world, 'healed')).parts;
  const { head } = source.store;
  let healed: Promise<unknown> | undefined;
  source.store.head = async (key) => {
    // The manifest has been read, its objects haven't been looked at.
    if (key === part?.object.key) {
      healed ??= heal(world, 'healed');
      await healed;
    }
    return head.call(source.store, key);
  };
  const found = await auditPartition(source, { table: `${world.name}.healed`, day }, world.attempt);
  source.close();
  expect(healed).toBeDefined();
  expect(found).toMatchObject({ rows: 120, finding: null });
});

test('days that were never audited come first, then those whose audit is the oldest', async () => {
  await fill(world, 'turns', 10);
  const days = ['2026-01-05', '2026-01-06', '2026-01-07'];
  for (const each of days) await archive(world, 'turns', world.source, each);
  const place = { database: world.name, table: 'turns' };
  expect(await daysToAudit(world.ledger, place, 2)).toEqual(days.slice(0, 2));
  await audit('turns');
  expect(await daysToAudit(world.ledger, place, 3)).toEqual(['2026-01-06', '2026-01-07', '2026-01-05']);
});
