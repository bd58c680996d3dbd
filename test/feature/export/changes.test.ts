import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { commitManifest } from '../../../src/activities/commitManifest.ts';
import { exportPartition } from '../../../src/activities/exportPartition.ts';
import { purgeSlice } from '../../../src/activities/purgeSlice.ts';
import { verifyPartition } from '../../../src/activities/verifyPartition.ts';
import { openTable } from '../../../src/checks/openTable.ts';
import { Source } from '../../../src/job/source.ts';
import type { Session } from '../../../src/mysql/session/session.ts';
import { archiveDay, archivedHex, countRows, purgeAll, readManifest } from '../../support/job.ts';
import { asServed } from '../../support/readers.ts';
import { makeWorld, type World } from '../../support/world.ts';

const day = '2026-01-05';
const rows = 40;

describe.each(['mysql', 'mariadb'] as const)('on %s', (flavor) => {
  let world: World;

  beforeAll(async () => {
    world = await makeWorld(flavor);
  });
  afterAll(() => world.close());

  async function fill(table: string) {
    await world.sql(
      `CREATE TABLE ${world.name}.${table} (id INT PRIMARY KEY, note VARCHAR(20), amount INT, t DATETIME NOT NULL, KEY (t))`,
    );
    const tuples = Array.from({ length: rows }, (_, id) => `(${id}, 'n${id}', ${id}, '${day} 10:00:00')`);
    await world.sql(`INSERT INTO ${world.name}.${table} VALUES ${tuples.join(', ')}`);
    world.add({ table, timeColumn: 't', chunkRows: 10, partBytes: 1 });
    return { database: world.name, table };
  }

  const alterations: [string, string][] = [
    ['added', 'ADD COLUMN extra INT DEFAULT 7'],
    ['dropped', 'DROP COLUMN note'],
    ['widened', 'MODIFY amount BIGINT'],
    ['renamed', `CHANGE note remark VARCHAR(20)`],
    ['recoded', 'MODIFY note VARCHAR(20) CHARACTER SET latin1'],
    ['regenerated', 'ADD COLUMN twice INT GENERATED ALWAYS AS (amount * 2) VIRTUAL'],
  ];

  test.each(alterations)(
    'after a column was %s, no row is deleted that isn’t archived as it now is (P34)',
    async (how, alteration) => {
      const name = await fill(`was_${how}`);
      await archiveDay(world, name, day);
      await world.sql(`ALTER TABLE ${name.database}.${name.table} ${alteration}`);
      const {
        schema: { columns },
      } = await openTable(world.session, { ...name, timeColumn: 't' });
      const served = await asServed(world, `${name.database}.${name.table}`, columns);
      const deleted = await purgeAll(world, name).catch(() => 0);
      expect(await countRows(world, name)).toBe(rows - deleted);
      if (deleted === 0) return;
      const manifest = await readManifest(world, name, day);
      const places = columns.map((column) =>
        manifest.columns.findIndex(({ name: archived }) => archived === column.name),
      );
      const archived = await archivedHex(world, name, day);
      expect(archived.map((row) => places.map((place) => row[place]))).toEqual(served);
    },
  );

  test('a column added after the slice has read the columns is seen by the procedure itself (P34, P66)', async () => {
    const name = await fill('was_late');
    await archiveDay(world, name, day);
    const source = new Source(world.config);
    const head = source.store.head.bind(source.store);
    let altered = false;
    source.store.head = async (key, version) => {
      if (!altered) await world.sql(`ALTER TABLE ${name.database}.${name.table} ADD COLUMN extra INT DEFAULT 7`);
      altered = true;
      return head(key, version);
    };
    const input = { table: `${name.database}.${name.table}`, cutoff: '2026-06-01', forMillis: 60_000 };
    expect(await purgeSlice(source, input, world.attempt)).toMatchObject({ deleted: 0 });
    source.close();
    expect(altered).toBe(true);
    expect(await countRows(world, name)).toBe(rows);
  });

  test('a column added between two parts makes the day start over: one object, one column list (P34)', async () => {
    const name = await fill('half');
    const table = `${name.database}.${name.table}`;
    let beats = 0;
    const heartbeat = () => {
      if (++beats === 3) throw new Error('the worker dies');
    };
    await expect(exportPartition(world.source, { table, day }, { ...world.attempt, heartbeat })).rejects.toThrow(
      'dies',
    );
    await world.sql(`ALTER TABLE ${table} ADD COLUMN extra INT DEFAULT 7`);
    await archiveDay(world, name, day);
    const archived = await archivedHex(world, name, day);
    expect(archived.map((row) => row.length)).toEqual(Array.from({ length: rows }, () => 5));
    expect((await readManifest(world, name, day)).columns.map((column) => column.name)).toContain('extra');
    expect(await purgeAll(world, name)).toBe(rows);
  });

  test('a column added between export and commit is no manifest, until the day is exported again (P34)', async () => {
    const name = await fill('uncommitted');
    const input = { table: `${name.database}.${name.table}`, day };
    await exportPartition(world.source, input, world.attempt);
    await verifyPartition(world.source, input, world.attempt);
    await world.sql(`ALTER TABLE ${input.table} ADD COLUMN extra INT DEFAULT 7`);
    await expect(commitManifest(world.source, input, world.attempt)).rejects.toThrow(/columns changed while/);
    await archiveDay(world, name, day);
    expect(await purgeAll(world, name)).toBe(rows);
  });

  test('a page and its digest come from one snapshot, whatever writes in between (P1, P69)', async () => {
    const name = await fill('busy');
    const table = `${name.database}.${name.table}`;
    const source = new Source(world.config);
    const open = source.open.bind(source);
    let writes = 0;
    source.open = async (isolation) => {
      const session = await open(isolation);
      const read = session.rows.bind(session) as Session['rows'];
      session.rows = async <Row>(sql: string, values: readonly unknown[] = []) => {
        if (sql.includes('digest_xor')) {
          const at = writes;
          writes += 10;
          // Between the page and its digest: a change, a row that goes, and one that comes.
          await world.sql(`UPDATE ${table} SET note = 'changed' WHERE id = ${at}`);
          await world.sql(`DELETE FROM ${table} WHERE id = ${at + 1}`);
          await world.sql(`INSERT INTO ${table} (id, t) VALUES (${-1 - at}, '${day} 09:00:00')`);
        }
        return read<Row>(sql, values);
      };
      return session;
    };
    const input = { table, day };
    await exportPartition(source, input, world.attempt);
    source.close();
    expect(writes).toBeGreaterThan(0);
    await verifyPartition(world.source, input, world.attempt);
    await commitManifest(world.source, input, world.attempt);
    expect(await archivedHex(world, name, day)).toHaveLength(rows);
  });
});
