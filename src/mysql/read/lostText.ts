import { lostTextExpression } from '../expressions.ts';
import { indexedTable, type TableSchema } from '../schema/tableSchema.ts';
import type { Session } from '../session.ts';

/** A column with rows whose text has no Unicode form. */
export interface LostColumn {
  column: string;
  charset: string;
  rows: number;
}

/**
 * Rows that can't be archived as they are: a text that has no Unicode form (a lone surrogate in ucs2, a code point of
 * sjis that nobody has defined), or a row over max_allowed_packet. Nothing of the day is archived.
 */
export class ValuesLost extends Error {
  override readonly name = 'ValuesLost';
  constructor(
    readonly table: string,
    /** Empty where it isn't the charset. */
    readonly columns: readonly LostColumn[],
    /** The server's max_allowed_packet, in bytes. */
    readonly packetBytes: number,
    readonly example: string,
    options?: ErrorOptions,
  ) {
    const named = columns.map(({ column, charset, rows }) => `${rows} rows of column ${column} (${charset})`);
    super(
      columns.length > 0
        ? `${table}: ${named.join(', ')} hold text that has no Unicode form, so it can't be archived. Find it with ${example}, repair it, and run the day again`
        : `${table}: a row is larger than the server's max_allowed_packet of ${packetBytes} bytes lets it be printed or digested. Raise max_allowed_packet on the server, and run the day again`,
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
  const columns = found.map(({ column, rows }) => ({ column: column.name, charset: column.charset ?? '', rows }));
  const shown = `${schema.database}.${schema.table}`;
  return new ValuesLost(shown, columns, Number(row?.packet), `WHERE ${found[0]?.lost ?? ''}`, options);
}
