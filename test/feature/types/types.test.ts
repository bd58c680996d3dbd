import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { encodingOf } from '../../../src/archive/column.ts';
import { digestCsv } from '../../../src/archive/digest.ts';
import { openTable } from '../../../src/checks/openTable.ts';
import { digestQuery } from '../../../src/mysql/expressions.ts';
import { identifier } from '../../../src/mysql/quote.ts';
import { selectList, transcode } from '../../../src/mysql/read/rowStream.ts';
import { type CataloguedType, catalogue } from '../../support/columnTypes.ts';
import { asServed, loadInto, readByCsvParse, readByDuck, readByOwn } from '../../support/readers.ts';
import { makeWorld, type World } from '../../support/world.ts';

const salt = '00112233445566778899aabbccddeeff';

describe.each(['mysql', 'mariadb'] as const)('every type on %s', (flavor) => {
  const types = catalogue(flavor);
  let world: World;
  let tables = 0;

  beforeAll(async () => {
    world = await makeWorld(flavor);
  });
  afterAll(() => world.close());

  /** A table and its twin with a column a type, filled with literals, `DEFAULT` for what a row doesn't say. */
  async function makeTable(columns: readonly CataloguedType[], rows: readonly (readonly string[])[]): Promise<string> {
    const name = `typed${tables++}`;
    const defined = columns.map(({ type }, index) => `c${index} ${type} NULL DEFAULT NULL`).join(', ');
    for (const table of [name, `${name}_twin`])
      await world.sql(
        `CREATE TABLE ${world.name}.${table} (id INT NOT NULL PRIMARY KEY, t DATETIME(6) NOT NULL, KEY (t), ${defined})`,
      );
    for (const [id, values] of rows.entries())
      await world.sql(
        `INSERT INTO ${world.name}.${name} VALUES (${[id, "'2026-01-01 00:00:00.000001'", ...values].join(', ')})`,
      );
    return name;
  }

  /** Exports the table, and holds four readers, the twin and both renderings of the digest against what the server says. */
  async function comesBack(name: string): Promise<void> {
    const table = `${world.name}.${identifier(name)}`;
    const {
      schema: { columns, cursorColumns },
    } = await openTable(world.session, { database: world.name, table: name, timeColumn: 't' });
    const encodings = columns.map(encodingOf);
    const query = `SELECT ${selectList(columns, cursorColumns)} FROM ${table} ORDER BY t, id`;
    const { csv } = await transcode(world.session, query, columns, cursorColumns);
    const served = await asServed(world, table, columns);
    expect(readByOwn(csv, encodings)).toEqual(served);
    expect(readByCsvParse(csv, encodings)).toEqual(served);
    expect(await readByDuck(csv, encodings)).toEqual(served);

    const twin = `${world.name}.${identifier(`${name}_twin`)}`;
    await loadInto(world, twin, csv, columns);
    expect(await asServed(world, twin, columns)).toEqual(served);
    // As the columns' own bytes too, so that a cast that loses something on both sides is seen.
    const differ = columns.map(({ name: column }) => {
      const bytes = (of: string) => `CAST(${of}.${identifier(column)} AS BINARY)`;
      return `SUM(NOT (${bytes('one')} <=> ${bytes('other')})) AS ${identifier(column)}`;
    });
    const [differing] = await world.sql(`SELECT ${differ.join(', ')} FROM ${table} one JOIN ${twin} other USING (id)`);
    expect(Object.entries(differing ?? {}).filter(([, rows]) => Number(rows) !== 0)).toEqual([]);

    const [row] = await world.sql(digestQuery({ columns, salt: `'${salt}'`, from: table, where: 'TRUE' }, flavor));
    expect(Number(row?.digest_lost)).toBe(0);
    expect(digestCsv(csv, encodings, salt)).toEqual({ rows: Number(row?.digest_rows), xor: row?.digest_xor });
  }

  test('its hard values come back from four readers as the server holds them (P25, P26, P27, P28, P29, P30, P31, P32, P33)', async () => {
    const longest = Math.max(...types.map(({ hard }) => hard.length));
    const rows = Array.from({ length: longest }, (_, row) =>
      types.map(({ hard }) => hard[row % hard.length] ?? 'NULL'),
    );
    const name = await makeTable(types, [...rows, types.map(() => 'NULL')]);
    await world.sql("SET SESSION sql_mode = ''");
    const choice = types.findIndex(({ type }) => type.startsWith('ENUM'));
    await world.sql(`UPDATE ${world.name}.${name} SET c${choice} = 'none of these' WHERE id = 1`);
    await world.sql("SET SESSION sql_mode = 'STRICT_TRANS_TABLES'");
    await comesBack(name);
  });

  test('random schemas and rows come back from four readers', async () => {
    const named = new Map(types.map((each) => [each.type, each]));
    const typesOf = (names: readonly string[]) => names.flatMap((name) => named.get(name) ?? []);
    const schemaAndRows = fc.shuffledSubarray([...named.keys()], { minLength: 1, maxLength: 7 }).chain((names) => {
      const row = fc.tuple(...typesOf(names).map(({ any }) => fc.option(any, { nil: 'NULL' })));
      return fc.record({ names: fc.constant(names), rows: fc.array(row, { minLength: 1, maxLength: 12 }) });
    });
    await fc.assert(
      fc.asyncProperty(schemaAndRows, async ({ names, rows }) => comesBack(await makeTable(typesOf(names), rows))),
      { numRuns: 20 },
    );
  });
});
