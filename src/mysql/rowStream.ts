import type { Query } from 'mysql2';
import type { Column } from '../archive/column.ts';
import { encodingOf } from '../archive/column.ts';
import { CsvWriter } from '../archive/csvWriter.ts';
import { cursorExtra, cursorText, valueExpression } from './expressions.ts';
import type { Session } from './session.ts';

/** The only file that knows mysql2's inside: a query's `row` step gets each row packet. test/mysql/rowStream.test.ts pins it. */
interface RowPacket {
  buffer: Buffer;
  offset: number;
  isEOF(): boolean;
  eofWarningCount(): number;
}
interface InnerQuery extends Query {
  row: (packet: RowPacket) => unknown;
  done: () => unknown;
}

/** Rows of one statement as CSV bytes, with the cursor of the last. */
export interface TranscodedRows {
  csv: Buffer;
  rows: number;
  cursor: string[] | undefined;
}

/** MySQL warned while it printed rows: a value was cut or lost on the way to utf8mb4, so the rows can't be archived as they are. */
export class ValueLost extends Error {
  override readonly name = 'ValueLost';
  constructor(readonly warnings: string) {
    super(`MySQL couldn't print every value: ${warnings}. Repair the text, or raise max_allowed_packet, and run again`);
  }
}

/** The select list that `transcode` expects: every column's value, then the cursor's numbers that rows don't hold. */
export function selectList(columns: readonly Column[], cursorColumns: readonly Column[]): string {
  const extras = cursorColumns.map(cursorExtra).filter((extra) => extra !== undefined);
  return [...columns.map(valueExpression), ...extras].join(', ');
}

/**
 * Runs a SELECT of `selectList` and writes its row packets straight into CSV bytes, without a JavaScript value a field.
 * @throws ValueLost, or the driver's error; nothing of a broken stream is returned (P39)
 */
export async function transcode(
  session: Session,
  sql: string,
  columns: readonly Column[],
  cursorColumns: readonly Column[],
): Promise<TranscodedRows> {
  const encodings = columns.map(encodingOf);
  const width = encodings.length;
  let extra = width;
  const cursorFields = cursorColumns.map((column) =>
    cursorExtra(column) ? extra++ : columns.findIndex((candidate) => candidate.name === column.name),
  );
  const starts = new Float64Array(extra);
  const ends = new Float64Array(extra);
  const writer = new CsvWriter();
  let rows = 0;
  let warnings = 0;
  let last: Buffer | undefined;

  const readRow = (packet: RowPacket): void => {
    const { buffer } = packet;
    let at = packet.offset;
    for (let field = 0; field < extra; field++) {
      let length = buffer[at++] as number;
      if (length === 0xfb) length = -1;
      else if (length === 0xfc) {
        length = buffer.readUInt16LE(at);
        at += 2;
      } else if (length === 0xfd) {
        length = buffer.readUIntLE(at, 3);
        at += 3;
      } else if (length === 0xfe) {
        length = Number(buffer.readBigUInt64LE(at));
        at += 8;
      }
      starts[field] = at;
      if (field < width) {
        if (field > 0) writer.separator();
        if (length < 0) writer.null();
        else writer.value(encodings[field] as 'bare', buffer, at, at + length);
      }
      if (length > 0) at += length;
      ends[field] = at;
    }
    writer.endRow();
    last = buffer;
    rows++;
  };

  await new Promise<void>((resolve, reject) => {
    const query = session.connection.query(sql) as InnerQuery;
    const { connection } = session;
    let failure: Error | undefined;
    const broken = (error: Error) => reject(error);
    connection.once('error', broken);
    query.row = (packet) => {
      if (packet.isEOF()) {
        warnings = packet.eofWarningCount();
        return query.done();
      }
      readRow(packet);
      return query.row;
    };
    query.on('error', (error: Error) => {
      failure = error;
    });
    query.on('end', () => {
      connection.removeListener('error', broken);
      failure ? reject(failure) : resolve();
    });
  });
  if (warnings > 0) {
    const shown = await session.rows('SHOW WARNINGS LIMIT 3');
    throw new ValueLost(shown.map((warning) => warning.Message).join('; '));
  }
  const cursor = last
    ? cursorColumns.map((column, position) => {
        const field = cursorFields[position] as number;
        return cursorText(column, (last as Buffer).subarray(starts[field], ends[field]));
      })
    : undefined;
  return { csv: writer.take(), rows, cursor };
}
