import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { parse } from 'csv-parse/sync';
import { type Column, type Encoding, encodingOf } from '../../src/archive/column.ts';
import { readRows } from '../../src/archive/csvReader.ts';
import { valueExpression } from '../../src/mysql/expressions.ts';
import { identifier } from '../../src/mysql/quote.ts';
import type { World } from './world.ts';

/** Values as upper-case hex of their bytes (text in UTF-8), NULL as null: what any two readers are compared by. */
export type Matrix = (string | null)[][];

const hex = (bytes: Buffer) => bytes.toString('hex').toUpperCase();

/** What the table holds, as the server itself puts it into hex. */
export async function asServed(
  world: World,
  table: string,
  columns: readonly Column[],
  order = 't, id',
): Promise<Matrix> {
  const values = columns.map((column, index) => {
    const value = valueExpression(column);
    return `HEX(${encodingOf(column) === 'base64' ? value : `CONCAT(${value})`}) AS v${index}`;
  });
  const rows = await world.sql(`SELECT ${values.join(', ')} FROM ${table} ORDER BY ${order}`);
  return rows.map((row) => Object.values(row));
}

export function readByOwn(csv: Buffer, encodings: readonly Encoding[]): Matrix {
  return [...readRows(csv, encodings)].map((row) => row.map((value) => value && hex(value)));
}

const plain: Record<string, string> = { n: '\n', r: '\r', 0: '\0', Z: '\u001a' };

/** The options and the decoding are those of docs/archive-format.md. */
export function readByCsvParse(csv: Buffer, encodings: readonly Encoding[]): Matrix {
  const rows: (string | null)[][] = parse(csv, {
    ...{ delimiter: ',', quote: '"', escape: '"', recordDelimiter: '\n' },
    cast: (value, { quoting }) => {
      if (quoting) return value.replace(/\\(.)/g, (_, code: string) => plain[code] ?? code);
      return value === '\\N' ? null : value;
    },
  });
  return rows.map((row) =>
    row.map((value, field) => value && hex(Buffer.from(value, encodings[field] === 'base64' ? 'base64' : 'utf8'))),
  );
}

/** What docs/archive-format.md tells a reader is what the tests read by. */
const documented = readFileSync(new URL('../../docs/archive-format.md', import.meta.url), 'utf8');

function fromDocs(pattern: RegExp): string {
  const [found] = pattern.exec(documented) ?? [];
  if (!found) throw new Error(`docs/archive-format.md has nothing that matches ${pattern}`);
  return found;
}

const duckMacro = fromDocs(/CREATE MACRO decoded[^;]+/);
const duckSettings = fromDocs(/delim=',', [^\n]*nullstr='\\N'/);
const loadSettings = fromDocs(/FIELDS TERMINATED BY [^\n]*/);

export async function readByDuck(csv: Buffer, encodings: readonly Encoding[]): Promise<Matrix> {
  return withFile(csv, async (file) => {
    const instance = await DuckDBInstance.create();
    const connection = await instance.connect();
    try {
      const types = encodings.map((_, index) => `'c${index}': 'VARCHAR'`).join(', ');
      const values = encodings.map((encoding, index) => {
        if (encoding === 'base64') return `hex(from_base64(c${index}))`;
        return `hex(encode(${encoding === 'text' ? `decoded(c${index})` : `c${index}`}))`;
      });
      await connection.run(duckMacro);
      const reader = await connection.runAndReadAll(
        `SELECT ${values.join(', ')} FROM read_csv('${file}', ${duckSettings}, header=false, auto_detect=false,
          columns={${types}}, max_line_size=40000000, buffer_size=100000000)`,
      );
      return reader.getRows() as Matrix;
    } finally {
      connection.closeSync();
      instance.closeSync();
    }
  });
}

/** LOAD DATA into a table of the same definition. ENUM's error value takes a mode that isn't strict. */
export async function loadInto(world: World, table: string, csv: Buffer, columns: readonly Column[]): Promise<void> {
  const sets = columns.flatMap((column, index) => {
    if (column.generated) return [];
    const name = identifier(column.name);
    if (encodingOf(column) === 'base64') return [`${name} = FROM_BASE64(@v${index})`];
    return [column.dataType === 'bit' ? `${name} = CAST(@v${index} AS UNSIGNED)` : `${name} = @v${index}`];
  });
  const variables = columns.map((_, index) => `@v${index}`).join(', ');
  const [mode] = await world.sql('SELECT @@sql_mode AS mode');
  await world.sql("SET SESSION sql_mode = ''");
  await withFile(csv, (file) =>
    world.sql(
      `LOAD DATA INFILE '${file}' INTO TABLE ${table} CHARACTER SET utf8mb4 ${loadSettings} (${variables}) SET ${sets.join(', ')}`,
    ),
  );
  await world.sql('SET SESSION sql_mode = ?', [mode?.mode]);
}

let files = 0;

async function withFile<T>(csv: Buffer, work: (file: string) => Promise<T>): Promise<T> {
  const file = join(tmpdir(), `sediment-${process.pid}-${files++}.csv`);
  writeFileSync(file, csv);
  try {
    return await work(file);
  } finally {
    rmSync(file);
  }
}
