import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { archiveUndated } from '../../../src/activities/archiveUndated.ts';
import { auditPartition } from '../../../src/activities/auditPartition.ts';
import { commitManifest } from '../../../src/activities/commitManifest.ts';
import { exportPartition } from '../../../src/activities/exportPartition.ts';
import { purgeSlice } from '../../../src/activities/purgeSlice.ts';
import { verifyPartition } from '../../../src/activities/verifyPartition.ts';
import { undatedDay } from '../../../src/model/day.ts';
import {
  archive,
  archivedRows,
  day,
  fill,
  manifestOf,
  partition,
  purgeToEnd,
  tableRows,
} from '../../support/archived.ts';
import { makeWorld, type World } from '../../support/world.ts';

describe.each(['mysql', 'mariadb'] as const)('rows without a day on %s', (flavor) => {
  let world: World;
  beforeAll(async () => {
    world = await makeWorld(flavor);
    await world.session.execute("SET SESSION sql_mode = ''");
  });
  afterAll(() => world.close());

  async function fillUndated(table: string, policy = {}): Promise<void> {
    await fill(world, table, 30, { undated: 'archive', ...policy });
    await world.sql(`ALTER TABLE ${world.name}.${table} MODIFY t DATETIME(6) NULL`);
    const tuples = Array.from(
      { length: 45 },
      (_, row) => `(${100 + row}, 'n', 1, ${row % 3 ? 'NULL' : "'0000-00-00'"})`,
    );
    await world.sql(`INSERT INTO ${world.name}.${table} (id, note, amount, t) VALUES ${tuples.join(', ')}`);
  }

  const run = (table: string) => archiveUndated(world.source, { table: `${world.name}.${table}` }, world.attempt);

  test('are archived apart where the policy says so, again when they change, and never purged (P6)', async () => {
    await fillUndated('apart');
    expect(await run('apart')).toEqual({ rows: 45, unchanged: false });
    const undated = async () => (await tableRows(world, 'apart')).filter((row) => Number(row.id) >= 100);
    expect(await archivedRows(world, 'apart', [undatedDay])).toEqual(await undated());
    expect(await run('apart')).toEqual({ rows: 45, unchanged: true });
    await world.sql(`UPDATE ${world.name}.apart SET note = 'new' WHERE id = 101`);
    await world.sql(`INSERT INTO ${world.name}.apart (id, t) VALUES (900, NULL)`);
    expect(await run('apart')).toEqual({ rows: 46, unchanged: false });
    expect(await archivedRows(world, 'apart', [undatedDay])).toEqual(await undated());
    expect(await manifestOf(world, 'apart', undatedDay)).toMatchObject({ revision: 2, day: undatedDay });
    const audit = await auditPartition(world.source, { table: `${world.name}.apart`, day: undatedDay }, world.attempt);
    expect(audit).toMatchObject({ rows: 46, finding: null });

    await archive(world, 'apart');
    await purgeToEnd(world, 'apart');
    const input = { table: `${world.name}.apart`, cutoff: '2026-06-01', forMillis: 1_000 };
    expect(await purgeSlice(world.source, input, world.attempt)).toEqual({ done: true, deleted: 0 });
    expect(await tableRows(world, 'apart')).toHaveLength(46);
    expect(await partition(world, 'apart')).toMatchObject({ state: 'purged', rowsDeleted: 30 });
  });

  test('leave their archive empty once every one of them has a day (P88)', async () => {
    await fillUndated('dated');
    await archive(world, 'dated');
    expect(await run('dated')).toEqual({ rows: 45, unchanged: false });
    await world.sql(`UPDATE ${world.name}.dated SET t = '2026-01-06 10:00:00' WHERE id >= 100`);
    const input = { table: `${world.name}.dated`, day: '2026-01-06' };
    await exportPartition(world.source, input, world.attempt);
    await verifyPartition(world.source, input, world.attempt);
    // None is left in the table, and the archive still has them: what the workflow asks for next.
    expect(await commitManifest(world.source, input, world.attempt)).toMatchObject({ undated: 45 });
    expect(await run('dated')).toEqual({ rows: 0, unchanged: false });
    expect(await manifestOf(world, 'dated', undatedDay)).toMatchObject({ revision: 2, rows: 0, parts: [] });
    expect(await archivedRows(world, 'dated', [undatedDay, day, '2026-01-06'])).toHaveLength(75);
    expect(await run('dated')).toEqual({ rows: 0, unchanged: true });
    const audit = await auditPartition(world.source, { table: `${world.name}.dated`, day: undatedDay }, world.attempt);
    expect(audit).toMatchObject({ rows: 0, finding: null });
  });

  test('stay unarchived, and counted, where the policy says nothing (P6)', async () => {
    await fillUndated('left', { undated: 'leave' });
    await expect(run('left')).rejects.toThrow(/undated: leave/);
    await archive(world, 'left');
    expect((await manifestOf(world, 'left')).undated).toEqual({ withoutTime: 30, outOfRange: 15 });
  });
});
