import type { Query } from 'mysql2';
import { type Column, type Encoding, encodingOf } from '../../archive/column.ts';
import { CsvWriter, quoteText } from '../../archive/csvWriter.ts';
import { cursorExtra, cursorText, wireExpression } from '../expressions.ts';
import type { Session } from '../session/session.ts';

/**
 * The only file that relies on mysql2's internals: a query's `row` step gets each row packet, whole even if the protocol
 * splits it (16 MiB and more), and returns what takes the next one. test/feature/mysql/rowStream.test.ts holds it to that.
 */
interface RowPacket {
  buffer: Buffer;
  offset: number;
  /** Where the packet ends in the buffer, which may contain other packets. */
  end: number;
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
  /** Whether the statement had, or may have had, more rows when `limit` ended it. */
  cut: boolean;
}

/** Ends a statement early when its CSV has reached so many bytes. The last row is whole; further rows are dropped. */
export interface ByteLimit {
  bytes: number;
  /** Called once: ends the statement on the server, from another connection. */
  stop(): void;
}

/** MySQL warned while it printed rows: a value was cut or lost in the conversion to utf8mb4, so the rows can't be archived as they are. */
export class ValueLost extends Error {
  override readonly name = 'ValueLost';
  constructor(readonly warnings: string) {
    super(`MySQL couldn't print every value: ${warnings}. Repair the text, or raise max_allowed_packet, and run again`);
  }
}

/** The select list that `transcode` expects: every column's value, then those numbers of the cursor that aren't columns. */
export function selectList(columns: readonly Column[], cursorColumns: readonly Column[]): string {
  const extras = cursorColumns.map(cursorExtra).filter((extra) => extra !== undefined);
  return [...columns.map(wireExpression), ...extras].join(', ');
}

/**
 * Runs a SELECT of `selectList` and writes its row packets straight into CSV bytes, without a JavaScript value per field.
 * @throws ValueLost, or the driver's error; nothing of a broken stream is returned (pitfall P39)
 */
export async function transcode(
  session: Session,
  sql: string,
  columns: readonly Column[],
  cursorColumns: readonly Column[],
  limit?: ByteLimit,
): Promise<TranscodedRows> {
  const encodings = columns.map(encodingOf);
  const plain = !encodings.includes('base64');
  const texts = Uint8Array.from(encodings, (encoding) => (encoding === 'text' ? 1 : 0));
  const writer = new CsvWriter();
  let rows = 0;
  let cut = false;
  let last: { buffer: Buffer; offset: number } | undefined;
  const warnings = await streamRows(
    session,
    sql,
    (buffer, offset, end) => {
      if (cut) return;
      if (plain && end - offset <= shortRow) transcodeShortRow(buffer, offset, end, texts, writer);
      else transcodeRow(buffer, offset, encodings, writer);
      rows++;
      if (last) {
        last.buffer = buffer;
        last.offset = offset;
      } else last = { buffer, offset };
      if (!limit || writer.bytes < limit.bytes) return;
      cut = true;
      limit.stop();
    },
    () => cut,
  );
  if (warnings > 0) {
    const warnings = await session.rows('SHOW WARNINGS LIMIT 3');
    throw new ValueLost(warnings.map((warning) => warning.Message).join('; '));
  }
  const cursor = last && cursorOf(last.buffer, last.offset, columns, cursorColumns);
  return { csv: writer.take(), rows, cursor, cut };
}

/** Gives each row packet to `take`. @returns the number of warnings; none if the statement was interrupted on purpose */
function streamRows(
  session: Session,
  sql: string,
  take: (buffer: Buffer, offset: number, end: number) => void,
  interrupted: () => boolean,
): Promise<number> {
  const { connection } = session;
  const stream = () =>
    new Promise<number>((resolve, reject) => {
      let warnings = 0;
      let failure: (Error & { code?: string }) | undefined;
      const broken = (error: Error) => reject(error);
      // Before the query, because a closed connection reports its error only while it takes the statement.
      connection.once('error', broken);
      const query = connection.query(sql) as InnerQuery;
      query.row = (packet) => {
        if (packet.isEOF()) {
          warnings = packet.eofWarningCount();
          return query.done();
        }
        take(packet.buffer, packet.offset, packet.end);
        return query.row;
      };
      query.on('error', (error: Error) => {
        failure = error;
      });
      query.on('end', () => {
        connection.removeListener('error', broken);
        if (!failure) resolve(warnings);
        else if (interrupted() && failure.code === 'ER_QUERY_INTERRUPTED') resolve(0);
        else reject(failure);
      });
    });
  return session.during(stream);
}

/** Rows of up to so many bytes are written in one pass, which needs a buffer of twice their length. */
const shortRow = 8_192;

/**
 * Writes a short row without binary values in one loop over its bytes: 0.22 µs per row of 175 bytes, against 0.36 field by
 * field (Node 20).
 * @param texts a 1 for each column that is quoted
 */
function transcodeShortRow(buffer: Buffer, offset: number, end: number, texts: Uint8Array, writer: CsvWriter): void {
  const out = writer.room(2 * (end - offset) + 4 * texts.length);
  let to = writer.bytes;
  let at = offset;
  for (let field = 0; field < texts.length; field++) {
    if (field > 0) out[to++] = 0x2c;
    let length = buffer[at++] as number;
    if (length === 0xfb) {
      out[to++] = 0x5c;
      out[to++] = 0x4e;
      continue;
    }
    if (length > 0xfb) {
      const first = length;
      length = longLength(buffer, at - 1);
      at += lengthBytes(first) - 1;
    }
    const valueEnd = at + length;
    if (texts[field] === 1) to = quoteText(buffer, at, valueEnd, out, to);
    else for (let index = at; index < valueEnd; index++) out[to++] = buffer[index] as number;
    at = valueEnd;
  }
  out[to++] = 0x0a;
  writer.wrote(to);
}

/** Writes a row as a line of CSV. The packet has a length and a value per field; fields behind the columns are the cursor's. */
function transcodeRow(buffer: Buffer, offset: number, encodings: readonly Encoding[], writer: CsvWriter): void {
  let at = offset;
  for (let field = 0; field < encodings.length; field++) {
    if (field > 0) writer.separator();
    const first = buffer[at] as number;
    if (first === 0xfb) {
      at++;
      writer.null();
      continue;
    }
    let length = first;
    if (first < 0xfb) at++;
    else {
      length = longLength(buffer, at);
      at += lengthBytes(first);
    }
    writer.value(encodings[field] as Encoding, buffer, at, at + length);
    at += length;
  }
  writer.endRow();
}

/** Reads the cursor's values from a row packet. */
function cursorOf(
  buffer: Buffer,
  offset: number,
  columns: readonly Column[],
  cursorColumns: readonly Column[],
): string[] {
  const values: Buffer[] = [];
  for (let at = offset; values.length < columns.length + cursorColumns.length && at < buffer.length; ) {
    const first = buffer[at] as number;
    const length = first === 0xfb ? 0 : first < 0xfb ? first : longLength(buffer, at);
    const start = at + lengthBytes(first);
    values.push(buffer.subarray(start, start + length));
    at = start + length;
  }
  let extra = columns.length;
  return cursorColumns.map((column) => {
    const field = cursorExtra(column) ? extra++ : columns.findIndex(({ name }) => name === column.name);
    return cursorText(column, values[field] as Buffer);
  });
}

/** How many bytes a length-encoded integer has, by its first byte. */
function lengthBytes(first: number): number {
  if (first < 0xfc) return 1;
  return first === 0xfc ? 3 : first === 0xfd ? 4 : 9;
}

function longLength(buffer: Buffer, at: number): number {
  const first = buffer[at];
  if (first === 0xfc) return buffer.readUInt16LE(at + 1);
  return first === 0xfd ? buffer.readUIntLE(at + 1, 3) : Number(buffer.readBigUInt64LE(at + 1));
}
