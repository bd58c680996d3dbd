import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
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

type Row = Record<string, string | null>;

describe.each(['mysql', 'mariadb'] as const)('a purged key that is put back on %s', (flavor) => {
  let world: World;
  beforeAll(async () => {
    world = await makeWorld(flavor);
  });
  afterAll(() => world.close());

  const put = (table: string, id: number, seconds: number | string) =>
    world.sql(
      `INSERT INTO ${world.name}.${table} VALUES (${id}, 'put back', 1, TIMESTAMP('${day}') + INTERVAL ${seconds} SECOND)`,
    );

  const byId = (rows: Row[]) => [...rows].sort((one, other) => Number(one.id) - Number(other.id));

  /** 2,500 rows, the first 1,000 purged; what was archived. */
  async function halfPurged(table: string, policy = {}): Promise<Row[]> {
    await fill(world, table, 2_500, { chunkRows: 100, partBytes: 3_000, ...policy });
    await archive(world, table);
    const before = await tableRows(world, table);
    expect(await purge(world, table, world.source, 1)).toMatchObject({ done: false, deleted: 1_000 });
    return before;
  }

  /** Puts purged keys back all over the rest of the day. @returns the rows that went meanwhile, by id */
  async function putBack(table: string): Promise<Set<number>> {
    const { parts } = await manifestOf(world, table);
    const ends = parts.map((part) => Number(part.endCursor[1])).filter((id) => id > 1_400 && id < 2_400);
    // As the last rows of a part's last chunk, and instead of a whole chunk.
    const [end = 0] = ends;
    expect(ends.length).toBeGreaterThan(1);
    await world.sql(`DELETE FROM ${world.name}.${table} WHERE id BETWEEN ${end - 2} AND ${end}`);
    await put(table, 5, Math.floor(end / 3));
    await world.sql(`DELETE FROM ${world.name}.${table} WHERE id BETWEEN 1200 AND 1299`);
    await put(table, 6, 410);
    // Right behind the cursor, between two rows, and as the last of the day.
    await put(table, 7, 333.5);
    await put(table, 8, 500);
    await put(table, 9, 86_399);
    // Before the cursor, as it was and with other values.
    await insert(world, table, 20, 21);
    await put(table, 21, 7);
    const gone = [end - 2, end - 1, end, ...Array.from({ length: 100 }, (_, n) => 1_200 + n)];
    return new Set(gone);
  }

  /** Each key's newest note, by the query of docs/archive-format.md. */
  async function newestByDocs(table: string): Promise<Map<string, string | null>> {
    const text = readFileSync(new URL('../../../docs/archive-format.md', import.meta.url), 'utf8');
    const [qualify = ''] = /QUALIFY row_number.*/.exec(text) ?? [];
    const folder = mkdtempSync(join(tmpdir(), 'newest-'));
    const instance = await DuckDBInstance.create();
    const connection = await instance.connect();
    try {
      for (const { object } of (await manifestOf(world, table)).parts) {
        const file = join(folder, object.key);
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, await world.source.store.read(object.key));
      }
      const reader = await connection.runAndReadAll(
        `SELECT id, note FROM read_csv('${folder}/**/*.csv.gz', delim=',', quote='"', escape='"', nullstr='\\N', header=false,
           auto_detect=false, hive_partitioning=true, filename=true,
           columns={'id': 'VARCHAR', 'note': 'VARCHAR', 'amount': 'VARCHAR', 'created_at': 'VARCHAR'}) ${qualify}`,
      );
      return new Map(reader.getRows().map(([id, note]) => [String(id), note === null ? null : String(note)]));
    } finally {
      connection.closeSync();
      instance.closeSync();
      rmSync(folder, { recursive: true, force: true });
    }
  }

  test('after its day’s purge: identical, it goes against its archived line; different, it stays and is counted (P75)', async () => {
    await fill(world, 'back', 50);
    await archive(world, 'back');
    const before = await tableRows(world, 'back');
    await purgeToEnd(world, 'back');
    await insert(world, 'back', 10, 13);
    await world.sql(`UPDATE ${world.name}.back SET note = 'upserted' WHERE id = 12`);
    await insert(world, 'back', 80, 82);
    await purgeToEnd(world, 'back');
    expect(await tableRows(world, 'back')).toMatchObject([{ id: '12', note: 'upserted' }]);
    const archived = await archivedRows(world, 'back');
    expect(archived.map((row) => Number(row.id))).toEqual([...before.map((row) => Number(row.id)), 80, 81]);
    expect(archived[12]).toMatchObject({ note: 'note 12' });
    expect(await partition(world, 'back')).toMatchObject({ state: 'purged', leftRows: 1, rowsDeleted: 54 });
    // It is known: a further run finds nothing to do.
    expect(await purge(world, 'back')).toEqual({ done: true, deleted: 0 });
  });

  test('after its day’s purge is archived beside the older one with recreated: keepBoth', async () => {
    await fill(world, 'both', 20, { recreated: 'keepBoth' });
    await archive(world, 'both');
    await purgeToEnd(world, 'both');
    await insert(world, 'both', 7, 8);
    await world.sql(`UPDATE ${world.name}.both SET note = 'upserted'`);
    await purgeToEnd(world, 'both');
    expect(await tableRows(world, 'both')).toEqual([]);
    const seventh = (await archivedRows(world, 'both')).filter((row) => row.id === '7');
    expect(seventh.map((row) => row.note).sort()).toEqual(['note 7', 'upserted']);
  });

  test('in the middle of its day’s purge stays where it has other values, and the day is purged with every row accounted for (P75)', async () => {
    const before = await halfPurged('leaving', { maxHealRemoval: 1 });
    const gone = await putBack('leaving');
    await world.sql(`UPDATE ${world.name}.leaving SET note = 'changed' WHERE id = 2000`);
    await insert(world, 'leaving', 3_000, 3_003);
    const since = (await tableRows(world, 'leaving')).filter((row) => Number(row.id) >= 1_000);
    await purgeToEnd(world, 'leaving');
    expect((await tableRows(world, 'leaving')).map((row) => row.id)).toEqual(['5', '6', '7', '8', '9', '21']);
    expect(await archivedRows(world, 'leaving')).toEqual(byId([...before.slice(0, 1_000), ...since]));
    expect(await partition(world, 'leaving')).toMatchObject({
      state: 'purged',
      stopped: null,
      leftRows: 6,
      rowsAdded: 3,
      rowsRemoved: gone.size,
      // The one that was put back as it was went against its line.
      rowsDeleted: 2_500 - gone.size + 3 + 1,
    });
    expect(await purge(world, 'leaving')).toEqual({ done: true, deleted: 0 });
  });

  test('in the middle of its day’s purge is archived beside the older one with recreated: keepBoth, and purged (P75)', async () => {
    const before = await halfPurged('keeping', { maxHealRemoval: 1, recreated: 'keepBoth' });
    await putBack('keeping');
    const since = (await tableRows(world, 'keeping')).filter((row) => row.id !== '20');
    await purgeToEnd(world, 'keeping');
    expect(await tableRows(world, 'keeping')).toEqual([]);
    const kept = (rows: Row[]) => rows.map((row) => JSON.stringify(row)).sort();
    expect(kept(await archivedRows(world, 'keeping'))).toEqual(kept([...before.slice(0, 1_000), ...since]));
    expect(await partition(world, 'keeping')).toMatchObject({ state: 'purged', leftRows: 0 });
    const newest = new Map([...before.slice(0, 1_000), ...since].map((row) => [String(row.id), row.note]));
    expect(await newestByDocs('keeping')).toEqual(newest);
  });

  test.each(['leave', 'keepBoth'] as const)(
    'ahead of the cursor of a further pass, under recreated: %s: as it was, it goes against its line (P75)',
    async (recreated) => {
      const table = `further_${recreated.toLowerCase()}`;
      await fill(world, table, 60, { recreated });
      await archive(world, table);
      const first = await tableRows(world, table);
      await purgeToEnd(world, table);
      // 3,000 late rows between the sixty, in a pass that is half purged when two of the sixty are put back.
      const late = Array.from(
        { length: 3_000 },
        (_, n) => `(${1_000 + n}, 'late', 1, TIMESTAMP('${day}') + INTERVAL ${n / 200} SECOND)`,
      );
      await world.sql(`INSERT INTO ${world.name}.${table} VALUES ${late.join(',')}`);
      const second = await tableRows(world, table);
      expect(await purge(world, table)).toMatchObject({ drifted: true });
      await heal(world, table);
      expect(await purge(world, table, world.source, 1)).toMatchObject({ done: false });
      await insert(world, table, 40, 41);
      await put(table, 41, 14);
      await purgeToEnd(world, table);
      const archived = await archivedRows(world, table);
      const left = await tableRows(world, table);
      expect(left.map((row) => row.id)).toEqual(recreated === 'leave' ? ['41'] : []);
      const twice = recreated === 'leave' ? [] : archived.filter((row) => row.note === 'put back');
      expect(twice).toHaveLength(recreated === 'leave' ? 0 : 1);
      expect(byId(archived.filter((row) => !twice.includes(row)))).toEqual(byId([...first, ...second]));
      expect(await partition(world, table)).toMatchObject({ state: 'purged', leftRows: left.length, stopped: null });
    },
  );
});
