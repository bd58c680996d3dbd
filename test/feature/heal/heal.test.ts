import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Source } from '../../../src/job/source.ts';
import {
  archive,
  archivedRows,
  day,
  fill,
  heal,
  insert,
  manifestOf,
  partition,
  purge,
  purgeToEnd,
  tableRows,
} from '../../support/archived.ts';
import { makeWorld, type World } from '../../support/world.ts';

describe.each(['mysql', 'mariadb', 'aurora'] as const)('healing on %s', (flavor) => {
  let world: World;
  beforeAll(async () => {
    world = await makeWorld(flavor);
  });
  afterAll(() => world.close());

  test('rows changed, come late and vanished since the export are archived as they are before they are deleted (P3, P4)', async () => {
    await fill(world, 'drifted', 200);
    await archive(world, 'drifted');
    await world.sql(`UPDATE ${world.name}.drifted SET amount = amount + 1 WHERE id IN (5, 150)`);
    await world.sql(`DELETE FROM ${world.name}.drifted WHERE id = 77`);
    await world.sql(`INSERT INTO ${world.name}.drifted VALUES (900, 'late', 1, '${day} 23:59:59.999999')`);
    await world.sql(`INSERT INTO ${world.name}.drifted VALUES (901, 'late', 1, '${day} 00:00:10.5')`);
    const before = await tableRows(world, 'drifted');
    const heals = await purgeToEnd(world, 'drifted');
    expect(heals).toEqual([{ added: 2, changed: 2, removed: 1, parts: expect.any(Number), left: 0 }]);
    expect(await archivedRows(world, 'drifted')).toEqual(before);
    expect(await tableRows(world, 'drifted')).toEqual([]);
    expect(await partition(world, 'drifted')).toMatchObject({
      state: 'purged',
      rowsDeleted: before.length,
      rowsArchived: before.length,
      rowsAdded: 2,
      rowsChanged: 2,
      rowsRemoved: 1,
      stopped: null,
    });
    const manifest = await manifestOf(world, 'drifted');
    expect(manifest).toMatchObject({ revision: 2, heals: [{ reason: 'drift', added: 2, changed: 2, removed: 1 }] });
    // What a purge might have relied on is kept, out of the readers' sight.
    const superseded = await world.source.store.list(`_superseded/${world.name}/drifted/`);
    expect(superseded).toHaveLength(manifest.heals[0]?.superseded.length ?? 0);
  });

  test('a purged day in which a late heal finds nothing stays purged: no purge would come to close it again (P57)', async () => {
    await fill(world, 'closed', 60);
    await archive(world, 'closed');
    await purgeToEnd(world, 'closed');
    expect(await heal(world, 'closed')).toMatchObject({ added: 0, parts: 0 });
    expect(await partition(world, 'closed')).toMatchObject({ state: 'purged', rowsDeleted: 60, stopped: null });
  });

  test('a part that didn’t change is not written again', async () => {
    await fill(world, 'local', 200);
    await archive(world, 'local');
    const before = await manifestOf(world, 'local');
    await world.sql(`UPDATE ${world.name}.local SET note = 'new' WHERE id = 0`);
    expect((await purgeToEnd(world, 'local'))[0]).toMatchObject({ changed: 1, parts: 1 });
    const after = await manifestOf(world, 'local');
    expect(before.parts.length).toBeGreaterThan(2);
    expect(after.parts.slice(1)).toEqual(before.parts.slice(1));
  });

  test('a row that moves to another day is archived there, and there only, once both are purged (P5)', async () => {
    await fill(world, 'moved', 60);
    await world.sql(`INSERT INTO ${world.name}.moved VALUES (500, 'next', 1, '2026-01-06 10:00:00')`);
    await archive(world, 'moved');
    await archive(world, 'moved', world.source, '2026-01-06');
    await world.sql(`UPDATE ${world.name}.moved SET t = '2026-01-06 11:00:00' WHERE id = 33`);
    const before = await tableRows(world, 'moved');
    await purgeToEnd(world, 'moved');
    expect(await archivedRows(world, 'moved', [day, '2026-01-06'])).toEqual(before);
    expect(await tableRows(world, 'moved')).toEqual([]);
  });

  test('changes in the middle of the purge are healed from there; what is purged stays as it was (P21)', async () => {
    await fill(world, 'middle', 2_500, { chunkRows: 100, partBytes: 8_000 });
    await archive(world, 'middle');
    const before = await tableRows(world, 'middle');
    expect(await purge(world, 'middle', world.source, 1)).toMatchObject({ done: false, deleted: 1_000 });
    const table = `${world.name}.middle`;
    await world.sql(`UPDATE ${table} SET note = 'changed' WHERE id = 1100`);
    await world.sql(`UPDATE ${table} SET t = t + INTERVAL 200 SECOND WHERE id = 1200`);
    await world.sql(`UPDATE ${table} SET t = '${day}' WHERE id = 1300`);
    // The primary key itself: one that vanished, and one that came.
    await world.sql(`UPDATE ${table} SET id = 9000 WHERE id = 1400`);
    await insert(world, 'middle', 3_000, 3_002);
    const since = await tableRows(world, 'middle');
    await purgeToEnd(world, 'middle');
    expect(await tableRows(world, 'middle')).toEqual([]);
    expect(await archivedRows(world, 'middle')).toEqual([...before.slice(0, 1_000), ...since]);
    expect(await partition(world, 'middle')).toMatchObject({ state: 'purged', rowsDeleted: 2_502 });
  });

  test('an updated key, of the time or of the row, is archived as it is now though no count differs (P21)', async () => {
    await fill(world, 'rekeyed', 60);
    await archive(world, 'rekeyed');
    await world.sql(`UPDATE ${world.name}.rekeyed SET id = 9030 WHERE id = 30`);
    await world.sql(`UPDATE ${world.name}.rekeyed SET t = t + INTERVAL 1 MICROSECOND WHERE id = 7`);
    const before = await tableRows(world, 'rekeyed');
    expect(await purgeToEnd(world, 'rekeyed')).toMatchObject([{ added: 1, changed: 1, removed: 1 }]);
    expect(await archivedRows(world, 'rekeyed')).toEqual(before);
    expect(await tableRows(world, 'rekeyed')).toEqual([]);
  });

  test('a late row of a day already purged is found by the next run and archived in a further pass (P4)', async () => {
    await fill(world, 'late', 50);
    await archive(world, 'late');
    const before = await tableRows(world, 'late');
    await purgeToEnd(world, 'late');
    await insert(world, 'late', 700, 725);
    const late = await tableRows(world, 'late');
    expect(await purgeToEnd(world, 'late')).toMatchObject([{ added: 25, parts: 1 }]);
    expect(await archivedRows(world, 'late')).toEqual([...before, ...late]);
    expect(await tableRows(world, 'late')).toEqual([]);
    expect(await partition(world, 'late')).toMatchObject({ state: 'purged', rowsDeleted: 75, pass: 2 });
  });

  test('late rows of a day that was archived empty are archived and purged', async () => {
    await fill(world, 'empty', 0);
    await archive(world, 'empty');
    await insert(world, 'empty', 0, 3);
    const rows = await tableRows(world, 'empty');
    await purgeToEnd(world, 'empty');
    expect(await archivedRows(world, 'empty')).toEqual(rows);
    expect(await tableRows(world, 'empty')).toEqual([]);
  });

  test('a column added since the export is archived before its rows are deleted (P66, P34)', async () => {
    await fill(world, 'widened', 60);
    await archive(world, 'widened');
    await world.sql(`ALTER TABLE ${world.name}.widened ADD COLUMN extra INT DEFAULT 7 AFTER id`);
    await world.sql(`UPDATE ${world.name}.widened SET extra = id`);
    const before = await tableRows(world, 'widened');
    await purgeToEnd(world, 'widened');
    expect(await archivedRows(world, 'widened')).toEqual(before);
    const manifest = await manifestOf(world, 'widened');
    // Columns keep their file position for ever: the new one is last, wherever the table has it.
    expect(manifest.columns.map((column) => column.name)).toEqual(['id', 'note', 'amount', 't', 'extra']);
  });

  test('a column dropped since the export keeps its archived values, of changed rows too (P34)', async () => {
    await fill(world, 'dropped', 60);
    await archive(world, 'dropped');
    const before = await tableRows(world, 'dropped');
    await world.sql(`ALTER TABLE ${world.name}.dropped DROP COLUMN note`);
    await world.sql(`UPDATE ${world.name}.dropped SET amount = 0 WHERE id = 30`);
    await insert(world, 'dropped', 0, 0);
    await purgeToEnd(world, 'dropped');
    expect(await tableRows(world, 'dropped')).toEqual([]);
    expect(await archivedRows(world, 'dropped')).toEqual(
      before.map((row) => (row.id === '30' ? { ...row, amount: '0.00' } : row)),
    );
  });

  test('a widened column’s values are archived as they are now (P34)', async () => {
    await fill(world, 'wider', 40);
    await archive(world, 'wider');
    await world.sql(`ALTER TABLE ${world.name}.wider MODIFY amount DECIMAL(24,4), MODIFY note VARCHAR(400)`);
    const before = await tableRows(world, 'wider');
    await purgeToEnd(world, 'wider');
    expect(await archivedRows(world, 'wider')).toEqual(before);
  });

  test.each([
    ['renamed', 'CHANGE note remark VARCHAR(40)', /RENAME COLUMN note TO remark/],
    [
      'retyped',
      'MODIFY amount VARBINARY(40)',
      /was decimal\(20,2\) and is varbinary\(40\), as by ALTER TABLE … MODIFY amount/,
    ],
    ['rekeyed_whole', 'DROP PRIMARY KEY, ADD PRIMARY KEY (id, t)', /primary key was \(id\) and is \(id, t\)/],
  ])(
    'a change that the proof can’t bridge (%s) stops the table with what it looks like (P34)',
    async (table, alter, said) => {
      await fill(world, table, 40);
      await archive(world, table);
      await world.sql(`ALTER TABLE ${world.name}.${table} ${alter}`);
      await expect(purge(world, table)).rejects.toThrow(said);
      expect(await tableRows(world, table)).toHaveLength(40);
      expect((await partition(world, table))?.stopped).toMatch(said);
    },
  );

  test('drift: stop stops the table with the counts and the first keys', async () => {
    await fill(world, 'stopping', 100, { drift: 'stop' });
    await archive(world, 'stopping');
    await world.sql(`UPDATE ${world.name}.stopping SET note = NULL WHERE id IN (1, 2, 3, 4, 5)`);
    await world.sql(`DELETE FROM ${world.name}.stopping WHERE id = 9`);
    await expect(purge(world, 'stopping')).rejects.toThrow(
      /5 rows changed \(1, 2, 3, …\), 1 row removed \(9\), and healing is off.*sediment heal/,
    );
    expect(await tableRows(world, 'stopping')).toHaveLength(99);
  });

  test('a heal that would remove more than a share of a part stops: that is a wrong database', async () => {
    await fill(world, 'emptied', 60);
    await archive(world, 'emptied');
    await world.sql(`DELETE FROM ${world.name}.emptied WHERE id < 20`);
    const before = await archivedRows(world, 'emptied');
    await expect(purgeToEnd(world, 'emptied')).rejects.toThrow(/no longer in the table: more than drift/);
    expect(await archivedRows(world, 'emptied')).toEqual(before);
    expect(await tableRows(world, 'emptied')).toHaveLength(40);
  });

  test('one row of nine that the application deleted is drift, whatever share of a small part it is', async () => {
    await fill(world, 'nine', 9);
    await archive(world, 'nine');
    await world.sql(`DELETE FROM ${world.name}.nine WHERE id = 4`);
    const rows = await tableRows(world, 'nine');
    expect(await purgeToEnd(world, 'nine')).toMatchObject([{ removed: 1 }]);
    expect(await archivedRows(world, 'nine')).toEqual(rows);
    expect(await partition(world, 'nine')).toMatchObject({ state: 'purged', rowsDeleted: 8 });
  });

  test('a heal that died between its manifest and the ledger is brought forward by the next attempt', async () => {
    await fill(world, 'died', 60);
    await archive(world, 'died');
    await world.sql(`UPDATE ${world.name}.died SET note = 'new' WHERE id = 40`);
    const before = await tableRows(world, 'died');
    const dying = new Source(world.config);
    const replace = dying.store.replace.bind(dying.store);
    dying.store.replace = async (...given) => {
      await replace(...given);
      throw new Error('the machine is gone');
    };
    await expect(heal(world, 'died', dying)).rejects.toThrow('the machine is gone');
    dying.close();
    expect((await partition(world, 'died'))?.revision).toBe(1);
    expect(await purgeToEnd(world, 'died')).toEqual([]);
    expect(await archivedRows(world, 'died')).toEqual(before);
    expect(await partition(world, 'died')).toMatchObject({ state: 'purged', revision: 2, rowsChanged: 1 });
  });

  test('a heal that was stopped before its manifest, outlived by a purge and then continued publishes nothing (P62, P63)', async () => {
    await fill(world, 'zombie', 60);
    await archive(world, 'zombie');
    await world.sql(`UPDATE ${world.name}.zombie SET note = 'one' WHERE id = 40`);
    const zombie = new Source(world.config);
    const replace = zombie.store.replace.bind(zombie.store);
    let before: unknown;
    zombie.store.replace = async (...given) => {
      await world.sql(`UPDATE ${world.name}.zombie SET note = 'two' WHERE id = 40`);
      before = await tableRows(world, 'zombie');
      await purgeToEnd(world, 'zombie');
      return replace(...given);
    };
    await expect(heal(world, 'zombie', zombie)).rejects.toThrow();
    zombie.close();
    await purge(world, 'zombie');
    expect(await archivedRows(world, 'zombie')).toEqual(before);
    expect(await tableRows(world, 'zombie')).toEqual([]);
  });
});
