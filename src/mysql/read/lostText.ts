import { lostTextExpression } from '../expressions.ts';
import { identifier, literal } from '../quote.ts';
import { indexedTable, type TableSchema } from '../schema/tableSchema.ts';
import type { Session } from '../session/session.ts';

/** A column with rows whose text has no Unicode form. */
export interface LostColumn {
  column: string;
  charset: string;
  rows: number;
  /** The primary key of the first such row, as `id = 7`. */
  first: string;
}

/** What of a table's rows can't be read. */
interface Lost {
  /** Empty where it isn't the charset. */
  columns: readonly LostColumn[];
  /** The server's max_allowed_packet, in bytes. */
  packetBytes: number;
  /** A WHERE clause that finds the rows. */
  example: string;
}

/**
 * Rows that can't be archived as they are: a text that doesn't come back from Unicode as its bytes (a lone surrogate in
 * ucs2, a code of sjis that nobody has defined, one of cp932's two codes of one character), or a row over
 * max_allowed_packet. Nothing of the day is archived.
 */
export class ValuesLost extends Error {
  override readonly name = 'ValuesLost';
  constructor(
    readonly table: string,
    readonly lost: Lost,
    options?: ErrorOptions,
  ) {
    const { columns, packetBytes, example } = lost;
    const named = columns.map(
      ({ column, charset, rows, first }) => `${rows} rows of column ${column} (${charset}), the first at ${first},`,
    );
    super(
      columns.length > 0
        ? `${table}: ${named.join(' ')} hold text that has no Unicode form of its own: it would not come back as ` +
            `its bytes, so it can't be archived. Find it with ${example}, repair it, and run the day again`
        : `${table}: a row is larger than the server's max_allowed_packet of ${packetBytes} bytes lets it be ` +
            'printed or digested. Raise max_allowed_packet on the server, and run the day again',
      options,
    );
  }
}

/** Says which columns of some rows lost text, once MySQL has warned or a digest was missing: a scan, for a failure only. */
export async function findLostValues(
  session: Session,
  schema: TableSchema,
  where: string,
  options?: ErrorOptions,
): Promise<ValuesLost> {
  const suspects = schema.columns.flatMap((column) => {
    const lost = lostTextExpression(column);
    return lost ? [{ column, lost }] : [];
  });
  const sums = suspects.map(({ lost }, index) => `SUM(${lost}) AS lost${index}`);
  const [row] = await session.rows(
    `SELECT ${['MAX(@@max_allowed_packet) AS packet', ...sums].join(', ')} FROM ${indexedTable(schema)} WHERE ${where}`,
  );
  const found = suspects
    .map((suspect, index) => ({ ...suspect, rows: Number(row?.[`lost${index}`]) }))
    .filter(({ rows }) => rows > 0);
  const columns: LostColumn[] = [];
  for (const { column, lost, rows } of found) {
    const first = await firstKey(session, schema, `(${where}) AND ${lost}`);
    columns.push({ column: column.name, charset: column.charset ?? '', rows, first });
  }
  const tableName = `${schema.database}.${schema.table}`;
  const example = `WHERE ${found[0]?.lost ?? ''}`;
  return new ValuesLost(tableName, { columns, packetBytes: Number(row?.packet), example }, options);
}

/** In hex where it isn't a number: a key may be the very text that can't be printed. */
async function firstKey(session: Session, schema: TableSchema, where: string): Promise<string> {
  const values = schema.primaryKey.map((column, index) => {
    const number = column.charset === null && /int$|^decimal$/.test(column.dataType);
    const name = identifier(column.name);
    return `CONCAT(${literal(`${name} = `)}, ${number ? name : `'0x', HEX(${name})`}) AS key${index}`;
  });
  const [row] = await session.rows(`SELECT ${values.join(', ')} FROM ${indexedTable(schema)} WHERE ${where} LIMIT 1`);
  return row ? Object.values(row).join(' AND ') : 'a row that is gone again';
}
