import type { Query } from 'mysql2';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { encodingOf } from '../../../src/archive/column.ts';
import { digestCsv } from '../../../src/archive/digest.ts';
import { openTable } from '../../../src/checks/openTable.ts';
import { digestQuery } from '../../../src/mysql/expressions.ts';
import { type ProvedPage, readPages, SnapshotBroken } from '../../../src/mysql/read/pages.ts';
import { selectList, transcode, ValueLost } from '../../../src/mysql/read/rowStream.ts';
import type { Session } from '../../../src/mysql/session/session.ts';
import { makeWorld, type World } from '../../support/world.ts';

const salt = '00112233445566778899aabbccddeeff';
const text = { name: 'v', dataType: 'varchar', columnType: 'varchar(10)', nullable: true, generated: false };
const columns = [{ ...text, charset: 'utf8mb4', collation: null }];

describe.each(['mysql', 'mariadb'] as const)('the row stream on %s', (flavor) => {
  let world: World;
  let session: Session;

  beforeAll(async () => {
    world = await makeWorld(flavor);
    // What a new session is bound by: rows of several packets are sent at all.
    await world.sql('SET GLOBAL max_allowed_packet = 134217728');
    session = await world.source.open('REPEATABLE READ');
  });
  afterAll(() => {
    session.close();
    world.close();
  });

  test('mysql2 hands each row packet to the row step, with the place of its first value and the warnings at the end', async () => {
    const seen: string[] = [];
    let warnings = -1;
    const ended = new Promise<void>((resolve, reject) => {
      const query = session.connection.query(
        "SELECT 'a' AS v, 7 AS n UNION ALL SELECT NULL, CAST('8x' AS SIGNED)",
      ) as Query & {
        row: (packet: { buffer: Buffer; offset: number; isEOF(): boolean; eofWarningCount(): number }) => unknown;
        done(): unknown;
      };
      query.row = (packet) => {
        if (packet.isEOF()) {
          warnings = packet.eofWarningCount();
          return query.done();
        }
        const end = packet.offset + (seen.length === 0 ? 4 : 3);
        seen.push(packet.buffer.subarray(packet.offset, end).toString('latin1'));
        return query.row;
      };
      query.on('end', resolve);
      query.on('error', reject);
    });
    await ended;
    expect(seen).toEqual(['\x01a\x017', '\xfb\x018']);
    expect(warnings).toBe(1);
  });

  test('a warning while rows are printed is a lost value', async () => {
    const lossy = transcode(session, "SELECT CAST('8x' AS SIGNED)", columns, []);
    await expect(lossy).rejects.toBeInstanceOf(ValueLost);
    expect((await transcode(session, "SELECT 'whole'", columns, [])).csv.toString()).toBe('"whole"\n');
  });

  test('a row of 40 MB, over several packets, comes whole, and the row behind it too', async () => {
    const table = `${world.name}.wide`;
    await world.sql(`CREATE TABLE ${table} (id INT PRIMARY KEY, t DATETIME NOT NULL, a LONGTEXT, b LONGBLOB, KEY (t))`);
    const wide = await world.source.open('READ COMMITTED');
    await wide.execute(
      `INSERT INTO ${table} VALUES (1, '2026-01-05', REPEAT('a"\\\\\\n ü', 2900000), REPEAT(x'00ff1a', 6900000)), (2, '2026-01-05', 'b', x'01')`,
    );
    wide.close();
    const { schema } = await openTable(session, { database: world.name, table: 'wide', timeColumn: 't' });
    const sql = `SELECT ${selectList(schema.columns, schema.cursorColumns)} FROM ${table} ORDER BY id`;
    const { csv, rows, cursor } = await transcode(session, sql, schema.columns, schema.cursorColumns);
    expect({ rows, cursor }).toEqual({ rows: 2, cursor: ['2026-01-05 00:00:00', '2'] });
    const query = digestQuery({ columns: schema.columns, salt: `'${salt}'`, from: table, where: 'TRUE' }, flavor);
    const [row] = await session.rows(query);
    expect(digestCsv(csv, schema.columns.map(encodingOf), salt).xor).toBe(row?.digest_xor);
  });

  test.each([
    ['its connection', 'CONNECTION', /./],
    ['its statement alone', 'QUERY', /interrupted/],
  ])(
    'a stream that dies in the middle with %s throws, and is never the end of the data (P11, P39)',
    async (_, kind, message) => {
      const dying = await world.source.open('REPEATABLE READ');
      // Some megabytes a second: as fast as it can, it would leave this process no time to ask for the kill.
      const endless = `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
        SELECT CONCAT(SHA2(REPEAT('y', 1000000 + three.i), 512), REPEAT('x', 20000)) FROM n one, n two, n three`;
      const streaming = transcode(dying, endless, columns, []);
      streaming.catch(() => undefined);
      const running = () =>
        world.sql(
          `SELECT ID FROM information_schema.PROCESSLIST WHERE ID = ${dying.connection.threadId} AND COMMAND = 'Query'`,
        );
      while ((await running()).length === 0);
      await world.sql(`KILL ${kind} ${dying.connection.threadId}`);
      await expect(streaming).rejects.toThrow(message);
      dying.close();
    },
  );

  test('a page whose digest sees other rows, as without a snapshot, is never taken (P11, P69)', async () => {
    const table = `${world.name}.moving`;
    await world.sql(`CREATE TABLE ${table} (id INT PRIMARY KEY, t DATETIME NOT NULL, KEY (t))`);
    await world.sql(`INSERT INTO ${table} VALUES (1, '2026-01-05 10:00:00'), (3, '2026-01-05 10:00:02')`);
    const { schema } = await openTable(session, { database: world.name, table: 'moving', timeColumn: 't' });
    // Under READ COMMITTED the servers ignore CONSISTENT SNAPSHOT.
    const loose = [await world.source.open('READ COMMITTED'), await world.source.open('READ COMMITTED')] as const;
    const answer = loose[0].rows.bind(loose[0]) as (sql: string) => Promise<never[]>;
    loose[0].rows = async (sql: string) => {
      if (sql.includes('digest_rows')) await world.sql(`INSERT IGNORE INTO ${table} VALUES (2, '2026-01-05 10:00:01')`);
      return answer(sql);
    };
    const window = { start: '2026-01-05 00:00:00', end: '2026-01-06 00:00:00' };
    const page = readPages(loose, { schema, window, after: undefined, salt, pageRows: 10 }).next();
    await expect(page).rejects.toThrow(SnapshotBroken);
    for (const each of loose) each.close();
  });

  test('a page ends at its bytes, a row late at most, and no row is lost or read twice where rows grow', async () => {
    const table = `${world.name}.growing`;
    await world.sql(`CREATE TABLE ${table} (id INT PRIMARY KEY, t DATETIME NOT NULL, a LONGTEXT, KEY (t))`);
    const rows = Array.from({ length: 60 }, (_, id) => `(${id}, '2026-01-05', REPEAT('x', ${id < 20 ? 10 : 100_000}))`);
    await world.sql(`INSERT INTO ${table} VALUES ${rows.join(',')}`);
    const { schema } = await openTable(session, { database: world.name, table: 'growing', timeColumn: 't' });
    const other = await world.source.open('REPEATABLE READ');
    const window = { start: '2026-01-05 00:00:00', end: '2026-01-06 00:00:00' };
    const range = { schema, window, after: undefined, salt, pageRows: 40, pageBytes: 300_000 };
    const pages: ProvedPage[] = [];
    for await (const page of readPages([session, other], range)) pages.push(page);
    other.close();
    expect(pages.every(({ csv }) => csv.length < 300_000 + 100_100)).toBe(true);
    expect(pages.length).toBeGreaterThan(13);
    const ids = pages.flatMap(({ csv }) =>
      csv
        .toString()
        .trim()
        .split('\n')
        .map((line) => Number.parseInt(line, 10)),
    );
    expect(ids).toEqual(Array.from({ length: 60 }, (_, id) => id));
    const encodings = schema.columns.map(encodingOf);
    for (const page of pages) {
      expect(digestCsv(page.csv, encodings, salt)).toEqual(page.digest);
      const own = page.csv
        .toString()
        .trim()
        .split('\n')
        .map((line) => Number.parseInt(line, 10));
      expect([page.minKey, page.maxKey]).toEqual([String(own[0]), String(own.at(-1))]);
    }
  });

  test.each([
    ['close together in almost the order of time', (at: number) => at ^ 3],
    ['far apart', (at: number) => at * 1_000],
  ])('rows whose keys lie %s are read once each, and none of another day between them', async (_, keyOf) => {
    const table = `${world.name}.keys_of_${keyOf(7)}`;
    await world.sql(`CREATE TABLE ${table} (id INT PRIMARY KEY, t DATETIME NOT NULL, KEY (t))`);
    const rows = Array.from({ length: 300 }, (_, at) => {
      const day = at % 10 === 3 ? '2026-01-04' : at % 10 === 7 ? '2026-01-06' : '2026-01-05';
      return { id: keyOf(at), day, time: `${day} 00:00:${String(Math.floor(at / 6)).padStart(2, '0')}` };
    });
    await world.sql(`INSERT INTO ${table} VALUES ${rows.map(({ id, time }) => `(${id}, '${time}')`).join(',')}`);
    const name = { database: world.name, table: table.split('.')[1] ?? '' };
    const { schema } = await openTable(session, { ...name, timeColumn: 't' });
    const other = await world.source.open('REPEATABLE READ');
    const window = { start: '2026-01-05 00:00:00', end: '2026-01-06 00:00:00' };
    const read: string[] = [];
    let before = '';
    for await (const page of readPages([session, other], { schema, window, after: undefined, salt, pageRows: 7 })) {
      const lines = page.csv.toString().trim().split('\n');
      const place = (line: string) => line.split(',').reverse().join(' ').replaceAll('"', '');
      const placed = lines.map((line) => `${place(line).slice(0, 19)} ${line.split(',')[0]?.padStart(9)}`).sort();
      expect(placed.length).toBeLessThanOrEqual(7);
      // Pages follow one another in cursor order, whatever the order in them.
      expect(placed[0]?.localeCompare(before)).toBe(1);
      before = placed.at(-1) ?? '';
      expect(page.cursor).toEqual([before.slice(0, 19), before.slice(20).trim()]);
      expect(digestCsv(page.csv, schema.columns.map(encodingOf), salt)).toEqual(page.digest);
      read.push(...lines.map((line) => line.split(',')[0] ?? ''));
    }
    other.close();
    const own = rows.filter(({ day }) => day === '2026-01-05').map(({ id }) => String(id));
    expect(read.sort()).toEqual(own.sort());
  });
});
