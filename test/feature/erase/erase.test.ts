import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { archiveUndated } from '../../../src/activities/archiveUndated.ts';
import { auditDay } from '../../../src/audit/auditDay.ts';
import { findPolicy } from '../../../src/config/policy.ts';
import { eraseDay } from '../../../src/erase/eraseDay.ts';
import { planErase } from '../../../src/erase/planErase.ts';
import { Source } from '../../../src/job/source.ts';
import { readOpenErasures } from '../../../src/ledger/erasures.ts';
import { type Day, undatedDay } from '../../../src/model/day.ts';
import { archive, archivedRows, day, fill, manifestOf, partition, purgeToEnd } from '../../support/archived.ts';
import { makeWorld, type World } from '../../support/world.ts';

/** A number that occurs nowhere else, and a text likewise. */
const subject = '987654321987';
const secret = 'Zyxwvutsrq';

function jobOf(world: World, table: string, of: Day = day as Day, source: Source = world.source) {
  const policy = findPolicy(world.config, `${world.name}.${table}`);
  const key = { database: world.name, table, day: of };
  return { source, ledger: world.ledger, policy, key, attempt: world.attempt };
}

const asked = { where: `id = ${subject}`, who: 'ada', reason: 'GDPR 17' };

/** Every version of every object of a table, replaced ones too, that has one of the texts. */
async function holding(world: World, table: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { key, versionId, isDeleteMarker } of world.source.store.versions('')) {
    if (isDeleteMarker || !key.includes(`/${table}/`)) continue;
    const bytes = await world.source.store.read(key, { versionId });
    const text = (key.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('latin1');
    if (text.includes(subject) || text.includes(secret)) found.push(`${key} ${versionId}`);
  }
  return found;
}

/** The subject's row, as the last of its second. */
async function addSubject(world: World, table: string, second: number): Promise<void> {
  await world.sql(
    `INSERT INTO ${world.name}.${table} (id, note, amount, t) VALUES (${subject}, '${secret}', 1, '${day}' + INTERVAL ${second} SECOND)`,
  );
}

async function finding(world: World, table: string): Promise<string | null> {
  return (await auditDay(jobOf(world, table))).finding;
}

describe.each(['mysql', 'mariadb'] as const)('erase on %s', (flavor) => {
  let world: World;
  beforeAll(async () => {
    world = await makeWorld(flavor);
  });
  afterAll(() => world.close());

  test('only the part that holds the row is written again; afterwards no version has it, and the day is as sound as before', async () => {
    await fill(world, 'gone', 150);
    await addSubject(world, 'gone', 6);
    await archive(world, 'gone');
    await purgeToEnd(world, 'gone');
    const before = await manifestOf(world, 'gone');
    expect(before.parts.length).toBeGreaterThan(2);
    const rows = await archivedRows(world, 'gone');
    expect((await holding(world, 'gone')).length).toBeGreaterThan(0);
    const plan = await planErase(jobOf(world, 'gone'), asked.where, {});
    expect(plan.days).toEqual([{ day, rows: 1, supersededRows: 0, parts: 1, of: before.parts.length, refused: null }]);
    const source = new Source(world.config);
    source.store.copy = async () => expect.unreachable('what is to be deleted was copied');
    expect(await eraseDay(jobOf(world, 'gone', day as Day, source), asked)).toMatchObject({ rows: 1, parts: 1 });
    source.close();
    expect(await holding(world, 'gone')).toEqual([]);
    const after = await manifestOf(world, 'gone');
    expect(after).toMatchObject({ rows: 150, revision: before.revision + 1 });
    const keys = new Set(before.parts.map(({ object }) => object.key));
    expect(after.parts.filter(({ object }) => !keys.has(object.key))).toHaveLength(1);
    expect(await archivedRows(world, 'gone')).toEqual(rows.filter(({ id }) => id !== subject));
    expect(await partition(world, 'gone')).toMatchObject({ state: 'purged', rowsArchived: 150, rowsDeleted: 151 });
    expect(await finding(world, 'gone')).toBeNull();
    // What comes later finds its way as before.
    await world.sql(`INSERT INTO ${world.name}.gone (id, note, amount, t) VALUES (900, 'later', 1, '${day} 00:00:01')`);
    await purgeToEnd(world, 'gone');
    expect(await archivedRows(world, 'gone')).toHaveLength(151);
    const history = await world.sql(
      `SELECT who, detail FROM ${world.config.source.ledger}.history WHERE table_name = 'gone' AND event = 'erased'`,
    );
    expect(history).toEqual([{ who: 'ada', detail: '{"reason":"GDPR 17","rows":1}' }]);
  });

  test('what heals replaced, a further pass of this row alone, and the last row of the last chunk are covered too', async () => {
    await fill(world, 'deep', 30, { recreated: 'keepBoth' });
    await addSubject(world, 'deep', 9);
    await archive(world, 'deep');
    await world.sql(`UPDATE ${world.name}.deep SET amount = 2 WHERE id IN (${subject}, 3)`);
    await purgeToEnd(world, 'deep');
    await addSubject(world, 'deep', 20);
    await purgeToEnd(world, 'deep');
    const before = await manifestOf(world, 'deep');
    expect(before.parts.some(({ pass, rows }) => pass > 1 && rows === 1)).toBe(true);
    expect(await eraseDay(jobOf(world, 'deep'), asked)).toMatchObject({ rows: 2, supersededRows: 1, parts: 2 });
    expect(await holding(world, 'deep')).toEqual([]);
    expect((await manifestOf(world, 'deep')).rows).toBe(30);
    expect(await finding(world, 'deep')).toBeNull();
    await world.sql(`INSERT INTO ${world.name}.deep (id, note, amount, t) VALUES (900, 'later', 1, '${day} 00:00:01')`);
    await purgeToEnd(world, 'deep');
    expect(await archivedRows(world, 'deep')).toHaveLength(31);
  });

  test('a day that isn’t purged yet: refused while the table has the row, then erased, and purged without a heal', async () => {
    await fill(world, 'early', 30);
    await addSubject(world, 'early', 4);
    await archive(world, 'early');
    await expect(eraseDay(jobOf(world, 'early'), asked)).rejects.toThrow(/the table still has 1 of these rows/);
    await world.sql(`DELETE FROM ${world.name}.early WHERE id = ${subject}`);
    expect(await eraseDay(jobOf(world, 'early'), asked)).toMatchObject({ rows: 1 });
    expect(await holding(world, 'early')).toEqual([]);
    expect(await partition(world, 'early')).toMatchObject({ state: 'archived' });
    const set = (state: string, cursor: string | null) =>
      world.sql(
        `UPDATE ${world.config.source.ledger}.partitions SET state = ?, cursor_json = ? WHERE table_name = 'early'`,
        [state, cursor],
      );
    await set('purging', '["2026-01-05 00:00:01.000000","3"]');
    await expect(eraseDay(jobOf(world, 'early'), { ...asked, where: 'id = 2' })).rejects.toThrow(/is being purged/);
    await set('archived', null);
    expect(await purgeToEnd(world, 'early')).toEqual([]);
    expect(await partition(world, 'early')).toMatchObject({ state: 'purged', rowsDeleted: 30 });
  });

  test.each([
    ['hidden from readers', 'unseen', (versionId?: string) => versionId === undefined],
    ['deleted', 'halted', (versionId?: string) => versionId !== undefined],
  ])('a crash before the old part is %s leaves it open, and the same command ends it', async (_, table, fails) => {
    await fill(world, table, 30);
    await addSubject(world, table, 9);
    await archive(world, table);
    await purgeToEnd(world, table);
    const source = new Source(world.config);
    const { remove } = source.store;
    source.store.remove = (key, versionId) => {
      if (fails(versionId)) throw new Error('the network is down');
      return remove.call(source.store, key, versionId);
    };
    await expect(eraseDay(jobOf(world, table, day as Day, source), asked)).rejects.toThrow('the network is down');
    source.close();
    const name = `${world.name}.${table}`;
    const open = async () => (await readOpenErasures(world.session, world.ledger.name)).get(name);
    expect(await open()).toMatchObject([{ day, rows: 1, who: 'ada' }]);
    const again = await planErase(jobOf(world, table), asked.where, {});
    expect(again).toMatchObject({ days: [], open: [day] });
    expect((await holding(world, table)).length).toBeGreaterThan(0);
    await eraseDay(jobOf(world, table), asked);
    expect(await open()).toBeUndefined();
    expect(await holding(world, table)).toEqual([]);
    expect(await finding(world, table)).toBeNull();
  });

  test('an object lock refuses it with its date before anything is written', async () => {
    await fill(world, 'locked', 20);
    await addSubject(world, 'locked', 3);
    await archive(world, 'locked');
    await purgeToEnd(world, 'locked');
    const source = new Source(world.config);
    source.store.lockOf = async () => '2999-01-01T00:00:00.000Z';
    const { revision } = await manifestOf(world, 'locked');
    await expect(eraseDay(jobOf(world, 'locked', day as Day, source), asked)).rejects.toThrow(
      /under object lock until 2999-01-01T00:00:00.000Z/,
    );
    source.close();
    expect((await manifestOf(world, 'locked')).revision).toBe(revision);
    await eraseDay(jobOf(world, 'locked'), asked);
  });

  test('a part that is damaged, or gone, is named before anything is written, and the erasure isn’t left open', async () => {
    await fill(world, 'broken', 20);
    await addSubject(world, 'broken', 3);
    await archive(world, 'broken');
    await purgeToEnd(world, 'broken');
    const { revision, parts } = await manifestOf(world, 'broken');
    const csv = /\/broken\/.*\.csv\.gz/;
    const source = new Source(world.config);
    const { read } = source.store;
    source.store.read = async (wanted, how) => {
      const bytes = Buffer.from(await read.call(source.store, wanted, how));
      if (csv.test(wanted)) bytes[20] = (bytes[20] ?? 0) ^ 0xff;
      return bytes;
    };
    await expect(eraseDay(jobOf(world, 'broken', day as Day, source), asked)).rejects.toThrow(csv);
    source.close();
    for (const { object } of parts) await world.source.store.remove(object.key, object.versionId);
    await expect(eraseDay(jobOf(world, 'broken'), asked)).rejects.toThrow(csv);
    expect((await manifestOf(world, 'broken')).revision).toBe(revision);
    expect((await readOpenErasures(world.session, world.ledger.name)).has(`${world.name}.broken`)).toBe(false);
  });

  test('rows without a day are covered', async () => {
    await world.sql(
      `CREATE TABLE ${world.name}.dayless (id BIGINT PRIMARY KEY, note VARCHAR(40), t DATETIME(6) NULL, KEY (t))`,
    );
    world.add({ table: 'dayless', timeColumn: 't', undated: 'archive' });
    await world.sql(
      `INSERT INTO ${world.name}.dayless VALUES (1, 'one', NULL), (2, 'two', '${day}'), (${subject}, '${secret}', NULL)`,
    );
    await archive(world, 'dayless');
    await archiveUndated(world.source, { table: `${world.name}.dayless` }, world.attempt);
    await world.sql(`DELETE FROM ${world.name}.dayless WHERE id = ${subject}`);
    const plan = await planErase(jobOf(world, 'dayless'), asked.where, {});
    expect(plan.days).toMatchObject([{ day: undatedDay, rows: 1, refused: null }]);
    expect(await eraseDay(jobOf(world, 'dayless', undatedDay), asked)).toMatchObject({ rows: 1 });
    expect(await holding(world, 'dayless')).toEqual([]);
  });
});
