import { archiveUndated } from '../../src/activities/archiveUndated.ts';
import type { Column } from '../../src/archive/column.ts';
import type { Layout } from '../../src/archive/keys.ts';
import { findPolicy } from '../../src/config/policy.ts';
import { requireOwnPrefix } from '../../src/export/claimPrefix.ts';
import { Source } from '../../src/job/source.ts';
import { formatTableName } from '../../src/model/tableName.ts';
import { valueExpression } from '../../src/mysql/expressions.ts';
import { identifier } from '../../src/mysql/quote.ts';
import type { Flavor } from '../../src/mysql/session/session.ts';
import { type ArchiveShape, describeArchive } from '../../src/readers/archiveShape.ts';
import { readLongestLine, readManifests } from '../../src/readers/readArchive.ts';
import type { ReadType } from '../../src/readers/readType.ts';
import { archive, fill, insert, purgeToEnd } from './archived.ts';
import { catalogue } from './columnTypes.ts';
import { makeWorld, type World } from './world.ts';

/** A table of whose archive a reader must see every row, and the copies that MySQL still has of what was purged. */
export interface ReadScene {
  name: string;
  world: World;
  table: string;
  /** Tables that hold, together, the rows that the view must show. */
  copies: string[];
}

/** Values as text that two systems print alike, NULL as null; `cellOf` makes them. */
export type Cells = (string | null)[];

/** A world whose archive has this layout. */
export async function makeLaidOut(flavor: Flavor, layout: Layout): Promise<World> {
  const world = await makeWorld(flavor);
  await world.session.execute("SET SESSION sql_mode = ''");
  const { config } = world;
  world.source.close();
  world.source = new Source({ ...config, store: { ...config.store, layout, prefix: `lake/${layout}` } });
  await requireOwnPrefix(world.source);
  return world;
}

/** What the archive of a scene's table looks like to `sediment ddl`. */
export async function shapeOf({ world, table }: Pick<ReadScene, 'world' | 'table'>): Promise<ArchiveShape> {
  const { store, config } = world.source;
  const policy = findPolicy(config, formatTableName({ database: world.name, table }));
  const { bucket, region, endpoint } = config.store;
  const folder = world.source.folderOf(policy);
  const manifests = await readManifests(store, { folder });
  const longestLine = await readLongestLine(store, manifests, 2_000_000);
  return describeArchive(manifests, {
    folder,
    bucket,
    region,
    endpoint,
    longestLine,
    keepsBoth: policy.recreated === 'keepBoth',
  });
}

async function copy(world: World, table: string, name: string, where = 'TRUE'): Promise<string> {
  await world.sql(
    `CREATE TABLE ${world.name}.${identifier(name)} AS SELECT * FROM ${world.name}.${identifier(table)} WHERE ${where}`,
  );
  return name;
}

/** Every type of the server with its hard values, in columns that are called like the raw ones. */
export async function everyType(world: World, flavor: Flavor): Promise<ReadScene> {
  const types = catalogue(flavor);
  const defined = types.map(({ type }, index) => `c${index} ${type} NULL DEFAULT NULL`).join(', ');
  await world.sql(
    `CREATE TABLE ${world.name}.typed (id INT NOT NULL PRIMARY KEY, t DATETIME(6) NOT NULL, KEY (t), ${defined})`,
  );
  const longest = Math.max(...types.map(({ hard }) => hard.length));
  const rows = Array.from({ length: longest }, (_, row) => types.map(({ hard }) => hard[row % hard.length] ?? 'NULL'));
  for (const [id, values] of [...rows, types.map(() => 'NULL')].entries())
    await world.sql(
      `INSERT INTO ${world.name}.typed VALUES (${[id, "'2026-01-05 23:59:59.999999'", ...values].join(', ')})`,
    );
  world.add({ table: 'typed', timeColumn: 't', chunkRows: 20 });
  await archive(world, 'typed', world.source);
  return { name: 'every type, hard values', world, table: 'typed', copies: [await copy(world, 'typed', 'typed_copy')] };
}

/**
 * Two days between which columns were added, dropped, widened and written anew in another encoding, with columns of the
 * table's own that are called as the partition's; the second day isn't compressed.
 */
export async function changedSchema(world: World): Promise<ReadScene> {
  const table = `${world.name}.life`;
  await world.sql(
    `CREATE TABLE ${table} (id INT NOT NULL PRIMARY KEY, at DATETIME(6) NOT NULL, old VARCHAR(20), n INT, amt DECIMAL(8,2),
      txt VARCHAR(60), code INT, b BLOB, year INT, day VARCHAR(9), dt DATE, up TEXT, KEY (at))`,
  );
  world.add({ table: 'life', timeColumn: 'at', chunkRows: 2 });
  await world.sql(
    `INSERT INTO ${table} VALUES
      (1, '2026-01-05 00:00:00', 'gone', -5, 12.34, 'a\\\\n"b', 7, 'plain', 1999, 'Mon', '2024-02-29', 'base64?'),
      (2, '2026-01-05 23:59:59.999999', NULL, NULL, NULL, '', NULL, '', NULL, '', '0000-00-00', ''),
      (3, '2026-01-05 12:00:00', '', 2147483647, -999999.99, '\\n\\r\\0\\Z', -1, x'C3A9', 0, NULL, NULL, NULL)`,
  );
  await archive(world, 'life', world.source);
  const before = await copy(world, 'life', 'life_before');
  await world.sql(`DELETE FROM ${table}`);
  await world.sql(
    `ALTER TABLE ${table} ADD extra JSON AFTER id, DROP old, MODIFY n BIGINT, MODIFY amt DECIMAL(12,4), MODIFY txt TEXT,
      MODIFY code VARCHAR(20), MODIFY b TEXT, MODIFY up BLOB, ADD twice BIGINT AS (n * 2)`,
  );
  const policy = findPolicy(world.config, `${world.name}.life`);
  policy.compression = 'none';
  await world.sql(
    `INSERT INTO ${table} (id, extra, at, n, amt, txt, code, b, year, day, dt, up) VALUES
      (4, '{"k": "\\\\\\\\N"}', '2026-01-06 00:00:00', 4611686018427387903, 1.0001, '\\\\N', 'text', 'é\\n', 2026, 'Tue', '9999-12-31', x'00FF'),
      (5, NULL, '2026-01-06 00:00:01', NULL, NULL, NULL, '007', NULL, NULL, NULL, NULL, '')`,
  );
  await archive(world, 'life', world.source, '2026-01-06');
  return {
    name: 'a schema that changed',
    world,
    table: 'life',
    copies: [before, await copy(world, 'life', 'life_after')],
  };
}

/** A day that drifted, took a new column, was purged in two passes; rows without a day; keys that are there twice. */
export async function healedDays(world: World): Promise<ReadScene[]> {
  await fill(world, 'healed', 60);
  await archive(world, 'healed', world.source);
  await world.sql(`UPDATE ${world.name}.healed SET note = 'changed "\\n' WHERE id % 7 = 0`);
  await world.sql(`DELETE FROM ${world.name}.healed WHERE id = 11`);
  await world.sql(`ALTER TABLE ${world.name}.healed ADD extra VARCHAR(10) DEFAULT 'x'`);
  const first = await copy(world, 'healed', 'healed_first');
  await purgeToEnd(world, 'healed', world.source);
  await insert(world, 'healed', 100, 120);
  const late = await copy(world, 'healed', 'healed_late');
  await purgeToEnd(world, 'healed', world.source);
  const healed = { name: 'heals and a further pass', world, table: 'healed', copies: [first, late] };
  return [healed, await undatedRows(world), await keptBoth(world)];
}

async function undatedRows(world: World): Promise<ReadScene> {
  await fill(world, 'apart', 9, { undated: 'archive' });
  await world.sql(`ALTER TABLE ${world.name}.apart MODIFY t DATETIME(6) NULL`);
  await world.sql(`INSERT INTO ${world.name}.apart VALUES (100, 'none', 1, NULL), (101, '', 2, '0000-00-00')`);
  await archiveUndated(world.source, { table: `${world.name}.apart` }, world.attempt);
  await archive(world, 'apart', world.source);
  return { name: 'rows without a day', world, table: 'apart', copies: [await copy(world, 'apart', 'apart_copy')] };
}

async function keptBoth(world: World): Promise<ReadScene> {
  await fill(world, 'both', 20, { recreated: 'keepBoth' });
  await archive(world, 'both', world.source);
  const kept = await copy(world, 'both', 'both_kept', 'id <> 7');
  await purgeToEnd(world, 'both', world.source);
  await insert(world, 'both', 7, 8);
  await world.sql(`UPDATE ${world.name}.both SET note = 'upserted'`);
  const newest = await copy(world, 'both', 'both_newest');
  await purgeToEnd(world, 'both', world.source);
  return { name: 'recreated: keepBoth', world, table: 'both', copies: [kept, newest] };
}

/** A table and columns whose names no catalogue takes as they are. */
export async function oddNames(world: World): Promise<ReadScene> {
  const table = 'or ders.2026 ü';
  const name = `${world.name}.${identifier(table)}`;
  await world.sql(
    `CREATE TABLE ${name} (id INT PRIMARY KEY, \`select\` INT, \`we"ird\` INT, \`Größe c0\` TEXT, t DATE NOT NULL, KEY (t))`,
  );
  await world.sql(`INSERT INTO ${name} VALUES (1, 2, 3, 'ß', '2026-01-05'), (2, NULL, 4, '', '2026-01-05')`);
  world.add({ table, timeColumn: 't' });
  await archive(world, table, world.source);
  return { name: 'odd names', world, table, copies: [await copy(world, table, 'odd_copy')] };
}

/** The rows that MySQL has in the copies, as the view should show them, in the order of their first column. */
export async function servedCells({ world, copies }: ReadScene, shape: ArchiveShape): Promise<Cells[]> {
  const rows: Cells[] = [];
  for (const table of copies) {
    const present = await columnsOf(world, table);
    const values = shape.columns.map(({ name, type }, index) => {
      const column = present.get(name);
      return `${column ? served(column, type) : 'NULL'} AS v${index}`;
    });
    const found = await world.sql(`SELECT ${values.join(', ')} FROM ${world.name}.${identifier(table)}`);
    for (const row of found) rows.push(shape.columns.map(({ type }, index) => cellOf(row[`v${index}`] ?? null, type)));
  }
  return inOrder(rows);
}

/** Rows by their first column, a number. */
export function inOrder(rows: Cells[]): Cells[] {
  return rows.sort((one, other) => Number(one[0]) - Number(other[0]));
}

async function columnsOf(world: World, table: string): Promise<Map<string, Column>> {
  const rows = await world.sql(
    `SELECT COLUMN_NAME AS name, DATA_TYPE AS dataType, COLUMN_TYPE AS columnType, CHARACTER_SET_NAME AS charset
     FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?`,
    [world.name, table],
  );
  return new Map(
    rows.map(({ name, dataType, columnType, charset }) => [
      String(name),
      {
        ...{ name: String(name), dataType: String(dataType).toLowerCase(), columnType: String(columnType) },
        ...{ nullable: true, generated: false, charset: charset ?? null, collation: null },
      },
    ]),
  );
}

/** As MySQL prints it; MariaDB calls its JSON a longtext, which changes nothing here. */
function served(column: Column, type: ReadType): string {
  const value = valueExpression(column);
  const name = identifier(column.name);
  switch (type.kind) {
    case 'text':
    case 'binary':
      return `HEX(${/binary|blob|geo|point|line|poly|vector/.test(column.dataType) ? value : `CONCAT(${value})`})`;
    case 'date':
    case 'datetime':
      return `IF(MONTH(${name}) = 0 OR DAY(${name}) = 0, NULL, DATE_FORMAT(${name}, '%Y-%m-%d %H:%i:%s.%f'))`;
    case 'integer':
      return `CONCAT(${name} + 0)`;
    default:
      return `CONCAT(${value})`;
  }
}

/** One text for one value, however a system prints it. */
export function cellOf(value: string | null, type: ReadType): string | null {
  if (value === null) return null;
  switch (type.kind) {
    case 'integer':
      return String(BigInt(value));
    case 'decimal': {
      const plain = value.includes('.') ? value.replace(/\.?0+$/, '') : value;
      return /^-?0?$/.test(plain) ? '0' : plain.replace(/^(-?)0\./, '$1.');
    }
    case 'float':
      return numberText(Math.fround(Number(value)));
    case 'double':
      return numberText(Number(value));
    case 'date':
      return value.slice(0, 10);
    case 'datetime':
      return value
        .replace('T', ' ')
        .slice(0, 26)
        .padEnd(26, value.includes('.') ? '0' : '.000000');
    default:
      return value.toUpperCase();
  }
}

function numberText(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}
