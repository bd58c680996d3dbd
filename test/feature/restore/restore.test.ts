import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { prepareRestore } from '../../../src/activities/prepareRestore.ts';
import { restorePartition } from '../../../src/activities/restorePartition.ts';
import { Source } from '../../../src/job/source.ts';
import { openAccount } from '../../support/account.ts';
import { archive, day, fill, manifestOf, purgeToEnd, tableRows } from '../../support/archived.ts';
import { makeWorld, type World } from '../../support/world.ts';

/** Prepares and loads every day, as the workflow does. */
async function restore(
  world: World,
  table: string,
  request: { from?: string; to?: string; into?: string; where?: string } = {},
  source: Source = world.source,
) {
  const input = { table: `${world.name}.${table}`, from: day, to: day, ...request };
  const prepared = await prepareRestore(source, input, world.attempt);
  const days = [];
  for (const each of prepared.days)
    days.push(
      await restorePartition(source, { table: input.table, day: each, target: prepared.target }, world.attempt),
    );
  return { ...prepared, loaded: days };
}

describe.each(['mysql', 'mariadb', 'aurora'] as const)('restore on %s', (flavor) => {
  let world: World;
  beforeAll(async () => {
    world = await makeWorld(flavor);
    await world.sql('SET GLOBAL local_infile = 1');
  });
  afterAll(() => world.close());

  test('a purged day comes back into a table of its own, byte for byte, and the archived table isn’t touched', async () => {
    await fill(world, 'whole', 120);
    const before = await tableRows(world, 'whole');
    await archive(world, 'whole');
    await purgeToEnd(world, 'whole');
    const found = await restore(world, 'whole');
    expect(found).toMatchObject({ target: `${world.name}.whole_restored_20260105`, rows: 120, done: [], missing: [] });
    expect(found.loaded).toMatchObject([{ rows: 120 }]);
    expect(await tableRows(world, 'whole_restored_20260105')).toEqual(before);
    expect(await tableRows(world, 'whole')).toEqual([]);
    // Again: everything is there.
    expect(await restore(world, 'whole')).toMatchObject({ days: [], done: [day] });
  });

  test('a column that came and one that went, a heal and a further pass are all in it, as the files have them', async () => {
    const name = `${world.name}.changed`;
    await fill(world, 'changed', 60);
    await archive(world, 'changed');
    await world.sql(`ALTER TABLE ${name} DROP COLUMN note, ADD COLUMN extra INT NULL`);
    await world.sql(`UPDATE ${name} SET extra = 7, amount = 1 WHERE id = 5`);
    await purgeToEnd(world, 'changed');
    await world.sql(`INSERT INTO ${name} (id, amount, t, extra) VALUES (900, 2, '${day} 10:00:00', 9)`);
    await purgeToEnd(world, 'changed');
    expect((await manifestOf(world, 'changed')).parts.some(({ pass }) => pass > 1)).toBe(true);
    expect((await restore(world, 'changed')).loaded).toMatchObject([{ rows: 61 }]);
    const rows = await world.sql(`SELECT * FROM ${name}_restored_20260105 WHERE id IN (4, 5, 900) ORDER BY id`);
    expect(rows.map((row) => [row.id, row.note, row.amount, row.extra])).toEqual([
      ['4', 'note 4', '4.50', null],
      ['5', 'note 5', '1.00', 7],
      ['900', null, '2.00', 9],
    ]);
  });

  test('keepBoth: both rows of a key are there, the newer in the later chunk', async () => {
    const name = `${world.name}.both`;
    await fill(world, 'both', 30, { recreated: 'keepBoth' });
    await archive(world, 'both');
    await purgeToEnd(world, 'both');
    await world.sql(`INSERT INTO ${name} (id, note, amount, t) VALUES (3, 'newer', 1, '${day} 00:00:01')`);
    await purgeToEnd(world, 'both');
    expect((await restore(world, 'both')).loaded).toMatchObject([{ rows: 31 }]);
    const rows = await world.sql(`SELECT note FROM ${name}_restored_20260105 WHERE id = 3 ORDER BY sediment_chunk`);
    expect(rows.map(({ note }) => note)).toEqual(['note 3', 'newer']);
  });

  test('a day with parts of both compressions comes back whole, after the policy’s was edited', async () => {
    await fill(world, 'mixed', 90, { compression: 'gzip' });
    await archive(world, 'mixed');
    Object.assign(world.config.tables.find(({ table }) => table === 'mixed') ?? {}, { compression: 'none' });
    await world.sql(`UPDATE ${world.name}.mixed SET note = 'changed' WHERE id = 12`);
    const before = await tableRows(world, 'mixed');
    await purgeToEnd(world, 'mixed');
    const keys = (await manifestOf(world, 'mixed')).parts.map(({ object }) => object.key);
    expect(new Set(keys.map((key) => key.endsWith('.gz'))).size).toBe(2);
    expect((await restore(world, 'mixed')).loaded).toMatchObject([{ rows: 90 }]);
    expect(await tableRows(world, 'mixed_restored_20260105')).toEqual(before);
  });

  test('a range goes into one table; days that have no archive are named', async () => {
    await fill(world, 'range', 20);
    await world.sql(
      `INSERT INTO ${world.name}.range (id, note, amount, t) VALUES (500, 'later', 1, '2026-01-07 10:00:00')`,
    );
    for (const each of [day, '2026-01-07']) await archive(world, 'range', world.source, each);
    const found = await restore(world, 'range', { to: '2026-01-07', into: `${world.name}.both_days` });
    expect(found).toMatchObject({ rows: 21, missing: ['2026-01-06'], days: [day, '2026-01-07'] });
    expect(await tableRows(world, 'both_days')).toEqual(await tableRows(world, 'range'));
  });

  test('--where loads the rows that meet it and no others', async () => {
    await fill(world, 'some', 60);
    await archive(world, 'some');
    await restore(world, 'some', { where: "amount = 7.5 and note = 'note 7'" });
    expect((await tableRows(world, 'some_restored_20260105')).map(({ id }) => id)).toEqual(['7']);
    await expect(restore(world, 'some', { where: 'id = 8' })).rejects.toThrow(
      /holds rows that were restored with --where/,
    );
  });

  test('a restore that dies goes on behind what is proved; none of a run that failed is kept', async () => {
    await fill(world, 'dies', 200);
    await archive(world, 'dies');
    const key = (await manifestOf(world, 'dies')).parts[1]?.object.key ?? '';
    const source = altered(world, key, () => {
      throw new Error('the network is down');
    });
    await expect(restore(world, 'dies', {}, source)).rejects.toThrow('the network is down');
    const half = await tableRows(world, 'dies_restored_20260105');
    expect(half.length).toBeLessThan(200);
    expect((await restore(world, 'dies')).loaded).toMatchObject([{ rows: 200 }]);
    expect(await tableRows(world, 'dies_restored_20260105')).toEqual(await tableRows(world, 'dies'));
  });

  test('two attempts at once load each row once', async () => {
    await fill(world, 'twice', 200);
    await archive(world, 'twice');
    const table = `${world.name}.twice`;
    const { target } = await prepareRestore(world.source, { table, from: day, to: day }, world.attempt);
    const attempts = [1, 2].map(() => restorePartition(world.source, { table, day, target }, world.attempt));
    expect(await Promise.all(attempts)).toMatchObject([{ rows: 200 }, { rows: 200 }]);
    expect(await tableRows(world, 'twice_restored_20260105')).toEqual(await tableRows(world, 'twice'));
  });

  test('a day that was healed since it was loaded is refused, and loaded afresh once the table is dropped', async () => {
    const name = `${world.name}.later`;
    await fill(world, 'later', 40);
    await archive(world, 'later');
    await restore(world, 'later');
    await world.sql(`UPDATE ${name} SET note = 'healed' WHERE id = 3`);
    await purgeToEnd(world, 'later');
    await expect(restore(world, 'later')).rejects.toThrow(/holds 2026-01-05 as of revision 1 .* has revision 2/);
    await world.sql(`DROP TABLE ${name}_restored_20260105`);
    await restore(world, 'later');
    const [row] = await world.sql(`SELECT note FROM ${name}_restored_20260105 WHERE id = 3`);
    expect(row?.note).toBe('healed');
  });

  test('without LOCAL INFILE rows come by INSERT, the same', async () => {
    await fill(world, 'inserted', 60);
    await world.sql(`UPDATE ${world.name}.inserted SET note = NULL WHERE id = 1`);
    await world.sql(`UPDATE ${world.name}.inserted SET note = ? WHERE id = 2`, ['a\\N"\n\0,\u001a😀']);
    await archive(world, 'inserted');
    await world.sql('SET GLOBAL local_infile = 0');
    try {
      await restore(world, 'inserted');
    } finally {
      await world.sql('SET GLOBAL local_infile = 1');
    }
    expect(await tableRows(world, 'inserted_restored_20260105')).toEqual(await tableRows(world, 'inserted'));
  });

  test('a value that changes in the target fails its proof by name, and nothing of the run is kept', async () => {
    await fill(world, 'narrow', 40);
    await archive(world, 'narrow');
    const target = `${world.name}.narrow_restored_20260105`;
    const input = { table: `${world.name}.narrow`, from: day, to: day };
    await prepareRestore(world.source, input, world.attempt);
    await world.sql(`ALTER TABLE ${target} MODIFY note VARCHAR(4)`);
    await expect(restorePartition(world.source, { table: input.table, day, target }, world.attempt)).rejects.toThrow(
      new RegExp(`^${input.table} ${day}: the chunk at byte 0 of .* has 10 rows of digest .*Nothing of it was kept`),
    );
    expect(await world.sql(`SELECT id FROM ${target}`)).toEqual([]);
  });

  test('what can’t be restored is refused by name: foreign tables, damaged objects, newer manifests, missing rights', async () => {
    await fill(world, 'bad', 40);
    await archive(world, 'bad');
    const name = `${world.name}.bad`;
    await expect(restore(world, 'bad', { into: name })).rejects.toThrow(/a table that Sediment archives/);
    await expect(restore(world, 'bad', { from: '2026-02-01', to: '2026-02-02' })).rejects.toThrow(/no archived day/);
    await expect(restore(world, 'bad', { where: 'nope = 1' })).rejects.toThrow(/names nope, and the columns are id/);
    await expect(restore(world, 'bad', { into: 'nowhere_at_all.x' })).rejects.toThrow(
      /CREATE DATABASE `nowhere_at_all`/,
    );
    await world.sql(`CREATE TABLE ${name}_mine (id INT)`);
    await expect(restore(world, 'bad', { into: `${name}_mine` })).rejects.toThrow(
      /exists already, with columns id, and no/,
    );
    await restore(world, 'bad', { into: `${name}_shape` });
    await world.sql(`ALTER TABLE ${name}_shape DROP COLUMN note`);
    await expect(restore(world, 'bad', { into: `${name}_shape` })).rejects.toThrow(/another shape .* note is missing/);

    const [part] = (await manifestOf(world, 'bad')).parts;
    const key = String(part?.object.key);
    const flip = (bytes: Buffer) => {
      const damaged = Buffer.from(bytes);
      damaged[20] = (damaged[20] ?? 0) ^ 0xff;
      return damaged;
    };
    await expect(restore(world, 'bad', { into: `${name}_gzip` }, altered(world, key, flip))).rejects.toThrow(
      new RegExp(`${key}: (chunk 0, at byte 0: |the chunk at byte 0 isn’t)`.replace('’', "'")),
    );
    expect(await tableRows(world, 'bad_gzip')).toEqual([]);
    const newer = (bytes: Buffer) =>
      Buffer.from(String(bytes).replace(/"manifestVersion":\s*1/, '"manifestVersion": 2'));
    const manifest = `${key.slice(0, key.lastIndexOf('/'))}/_manifest.json`;
    await expect(restore(world, 'bad', { into: `${name}_newer` }, altered(world, manifest, newer))).rejects.toThrow(
      /bad 2026-01-05: .*_manifest\.json has version 2, and this Sediment reads up to 1/,
    );
    await world.source.store.remove(key);
    await expect(restore(world, 'bad', { into: `${name}_gone` })).rejects.toThrow(/is gone; put it back/);
  });

  test('a user that may only archive and purge is refused with the one statement that lets it restore, without FILE', async () => {
    await fill(world, 'rights', 20);
    await archive(world, 'rights');
    const name = `${world.name}.rights`;
    const account = await openAccount(world);
    await world.sql(`GRANT SELECT, DELETE, TRIGGER ON ${name} TO ${account.user}`);
    const source = new Source(account.config);
    try {
      const refused = String(await restore(world, 'rights', {}, source).catch((error: unknown) => error));
      const [grant = ''] =
        /GRANT SELECT, INSERT, CREATE ON `\w+`\.`rights_restored_20260105` TO '\w+'@'%';/.exec(refused) ?? [];
      expect(refused).toContain(grant || 'a GRANT');
      await world.sql(grant);
      expect(await restore(world, 'rights', {}, source)).toMatchObject({ rows: 20, loaded: [{ rows: 20 }] });
      expect(
        (await world.sql(`SHOW GRANTS FOR ${account.user}`)).map((row) => Object.values(row)[0]).join(),
      ).not.toMatch(/FILE/);
    } finally {
      source.close();
    }
  });
});

/** A source to which S3 seems to return something else under one key. */
function altered(world: World, key: string, change: (bytes: Buffer) => Buffer): Source {
  const source = new Source(world.config);
  const { read } = source.store;
  source.store.read = async (asked, how) => {
    const bytes = await read.call(source.store, asked, how);
    return asked === key ? change(bytes) : bytes;
  };
  return source;
}
