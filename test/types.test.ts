import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { encodingOf } from '../src/archive/column.ts';
import { digestCsv, sameDigest } from '../src/archive/digest.ts';
import { digestQuery } from '../src/mysql/expressions.ts';
import { selectList, transcode } from '../src/mysql/rowStream.ts';
import { readTableSchema, type TableSchema } from '../src/mysql/tableSchema.ts';
import { hardTexts } from './hardTexts.ts';
import { makeWorld, type World } from './world.ts';

const salt = '00112233445566778899aabbccddeeff';
/** Those that a latin1 column can hold. */
const texts = hardTexts.filter((text) => Buffer.from(text, 'latin1').toString('latin1') === text);

const definition = `(
  id INT UNSIGNED NOT NULL PRIMARY KEY, t DATETIME(6) NOT NULL, KEY (t),
  tiny TINYINT, small SMALLINT UNSIGNED, medium MEDIUMINT, big BIGINT UNSIGNED, dec65 DECIMAL(65,30), yr YEAR,
  d DATE, dt DATETIME, ts TIMESTAMP(6) NULL, tm TIME(6), f FLOAT, db DOUBLE, bits BIT(64),
  c CHAR(20), l1 VARCHAR(50) CHARACTER SET latin1, u3 TEXT CHARACTER SET utf8mb3, u4 LONGTEXT, uc VARCHAR(50) CHARACTER SET ucs2,
  e ENUM('x', 'y "z"'), s SET('a', 'b'), j JSON, b BINARY(4), vb VARBINARY(300), bl BLOB,
  \`order\` INT, \`weird \`\`name\` INT, gen INT GENERATED ALWAYS AS (id * 2) STORED)`;

describe.each(['mysql', 'mariadb'] as const)('every type on %s', (flavor) => {
  let world: World;
  let schema: TableSchema;

  beforeAll(async () => {
    world = await makeWorld(flavor);
    const table = `${world.name}.hard`;
    await world.sql(`CREATE TABLE ${table} ${definition}`);
    await world.sql(`CREATE TABLE ${world.name}.twin ${definition}`);
    const columns =
      'id, t, tiny, small, medium, big, dec65, yr, d, dt, ts, tm, f, db, bits, c, l1, u3, u4, uc, e, s, j, b, vb, bl, `order`, `weird ``name`';
    const marks = '?'.repeat(14).split('').join(', ');
    const insert = `INSERT INTO ${table} (${columns}) VALUES (${marks}, b'${'1'.repeat(64)}', ${'?'.repeat(13).split('').join(', ')})`;
    const base = (id: number, text: string) => [
      ...[id, '2026-01-01 00:00:00.000001', -128, 65535, -8388608, '18446744073709551615'],
      ...[
        `-${'9'.repeat(35)}.${'9'.repeat(30)}`,
        2155,
        '9999-12-31',
        '9999-12-31 23:59:59',
        '1970-01-01 00:00:01',
        '-838:59:59',
      ],
      ...[16777216, -1.13e-8],
      ...[text.trimEnd(), text, text, `${text}😀\u2028`, text, 'y "z"', 'a,b', JSON.stringify({ k: text, n: null })],
      ...[
        Buffer.from([0, 255, 10, 34]),
        Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)),
        Buffer.alloc(0),
        1,
        2,
      ],
    ];
    for (const [id, text] of texts.entries()) await world.sql(insert, base(id, text));
    await world.sql(`INSERT INTO ${table} (id, t) VALUES (1000, '2026-01-01 00:00:02')`);
    await world.sql(
      `INSERT INTO ${table} (id, t, f, db, tm, j) VALUES (1001, '2026-01-01 00:00:03', 1e-38, -0.0, '838:59:59', 'null')`,
    );
    schema = await readTableSchema(world.session, { database: world.name, table: 'hard' }, 't');
  });
  afterAll(() => world.close());

  async function read(table: string) {
    const sql = `SELECT ${selectList(schema.columns, schema.cursorColumns)} FROM ${world.name}.${table} ORDER BY id`;
    return transcode(world.session, sql, schema.columns, schema.cursorColumns);
  }

  async function digest(table: string) {
    const from = `${world.name}.${table}`;
    const query = digestQuery({ columns: schema.columns, salt: `'${salt}'`, from, where: 'TRUE' }, flavor);
    const [row] = await world.sql(query);
    return { rows: Number(row?.digest_rows), xor: String(row?.digest_xor) };
  }

  test('the digest of the CSV bytes is the digest that the server computes', async () => {
    const { csv, rows } = await read('hard');
    expect(rows).toBe(texts.length + 2);
    expect(digestCsv(csv, schema.columns.map(encodingOf), salt)).toEqual(await digest('hard'));
  });

  test('LOAD DATA brings every value back', async () => {
    const { csv } = await read('hard');
    const file = join(tmpdir(), `${world.name}.csv`);
    writeFileSync(file, csv);
    const names = schema.columns.map((column, index) => ({
      column,
      variable: `@v${index}`,
      name: `\`${column.name.replaceAll('`', '``')}\``,
    }));
    const sets = names
      .filter(({ column }) => !column.generated)
      .map(({ column, variable, name }) => {
        if (encodingOf(column) === 'base64') return `${name} = FROM_BASE64(${variable})`;
        return column.dataType === 'bit' ? `${name} = CAST(${variable} AS UNSIGNED)` : `${name} = ${variable}`;
      });
    await world.sql(
      `LOAD DATA INFILE '${file}' INTO TABLE ${world.name}.twin CHARACTER SET utf8mb4 FIELDS TERMINATED BY ',' OPTIONALLY ENCLOSED BY '"' ESCAPED BY '\\\\' LINES TERMINATED BY '\\n' (${names.map(({ variable }) => variable).join(', ')}) SET ${sets.join(', ')}`,
    );
    expect(sameDigest(await digest('twin'), await digest('hard'))).toBe(true);
  });

  test('DuckDB reads each text and NULL as MySQL holds them', async () => {
    const { csv } = await read('hard');
    const file = join(tmpdir(), `${world.name}.duck.csv`);
    writeFileSync(file, csv);
    const duck = await (await DuckDBInstance.create()).connect();
    const types = schema.columns.map((_, index) => `'c${index}': 'VARCHAR'`).join(', ');
    const text = schema.columns.findIndex((column) => column.name === 'l1');
    // The decoding goes by \_, which no encoded text contains.
    const decoded = [
      ['\\n', 'chr(10)'],
      ['\\r', 'chr(13)'],
      ['\\0', 'chr(0)'],
      ['\\Z', 'chr(26)'],
    ].reduce((sql, [code, plain]) => `replace(${sql}, '${code}', ${plain})`, `replace(c${text}, '\\\\', '\\_')`);
    const reader = await duck.runAndReadAll(
      `SELECT CAST(c0 AS INTEGER) AS id, replace(${decoded}, '\\_', '\\') AS l1 FROM read_csv('${file}', delim=',', quote='"', escape='"', nullstr='\\N', header=false, auto_detect=false, columns={${types}}) ORDER BY id`,
    );
    expect(reader.getRows()).toEqual([...texts.map((value, id) => [id, value]), [1000, null], [1001, null]]);
  });
});
