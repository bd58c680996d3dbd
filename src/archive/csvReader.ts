import type { Encoding } from './column.ts';

/** Bytes that are no `mysql-csv-v1`: a damaged object, or one that something else wrote. Never skipped over. */
export class MalformedCsv extends Error {
  override readonly name = 'MalformedCsv';
  constructor(
    readonly offset: number,
    readonly expected: string,
  ) {
    super(`at byte ${offset} of the chunk: expected ${expected}; the object isn't what Sediment wrote`);
  }
}

const unescaped = new Map([
  [0x5c, 0x5c],
  [0x6e, 0x0a],
  [0x72, 0x0d],
  [0x30, 0x00],
  [0x5a, 0x1a],
]);

/** Reads every row of a chunk: raw bytes a value, null for NULL. Strict: anything the writer can't have written throws. @throws MalformedCsv */
export function* readRows(csv: Buffer, encodings: readonly Encoding[]): Generator<(Buffer | null)[]> {
  let at = 0;
  while (at < csv.length) {
    const row: (Buffer | null)[] = [];
    for (let field = 0; field < encodings.length; field++) {
      const encoding = encodings[field] as Encoding;
      const end = encoding === 'bare' || csv[at] !== 0x22 ? endOfBare(csv, at) : endOfQuoted(csv, at);
      row.push(decode(csv, at, end, encoding));
      const wanted = field === encodings.length - 1 ? 0x0a : 0x2c;
      if (csv[end] !== wanted) throw new MalformedCsv(end, wanted === 0x0a ? 'the end of the row' : 'a comma');
      at = end + 1;
    }
    yield row;
  }
}

function endOfBare(csv: Buffer, start: number): number {
  let at = start;
  while (at < csv.length && csv[at] !== 0x2c && csv[at] !== 0x0a) at++;
  return at;
}

function endOfQuoted(csv: Buffer, start: number): number {
  let at = start + 1;
  for (;;) {
    at = csv.indexOf(0x22, at);
    if (at < 0) throw new MalformedCsv(csv.length, 'a closing quote');
    if (csv[at + 1] !== 0x22) return at + 1;
    at += 2;
  }
}

function decode(csv: Buffer, start: number, end: number, encoding: Encoding): Buffer | null {
  if (end - start === 2 && csv[start] === 0x5c && csv[start + 1] === 0x4e) return null;
  if (encoding === 'bare') {
    if (end === start || csv[start] === 0x22) throw new MalformedCsv(start, 'a bare value');
    return csv.subarray(start, end);
  }
  if (csv[start] !== 0x22) throw new MalformedCsv(start, 'a quoted value or \\N');
  const inner = csv.subarray(start + 1, end - 1);
  return encoding === 'text' ? decodeText(inner, start + 1) : decodeBase64(inner, start + 1);
}

function decodeText(inner: Buffer, offset: number): Buffer {
  if (!inner.includes(0x5c) && !inner.includes(0x22)) {
    if (inner.includes(0x0a)) throw new MalformedCsv(offset, 'a text on one line');
    return inner;
  }
  const value = Buffer.allocUnsafe(inner.length);
  let length = 0;
  for (let at = 0; at < inner.length; at++) {
    let byte = inner[at] as number;
    if (byte === 0x0a) throw new MalformedCsv(offset + at, 'a text on one line');
    if (byte === 0x22) at++;
    else if (byte === 0x5c) {
      const plain = unescaped.get(inner[++at] ?? -1);
      if (plain === undefined) throw new MalformedCsv(offset + at, 'one of \\ n r 0 Z after a backslash');
      byte = plain;
    }
    value[length++] = byte;
  }
  return value.subarray(0, length);
}

function decodeBase64(inner: Buffer, offset: number): Buffer {
  const value = Buffer.from(inner.toString('latin1'), 'base64');
  if (inner.length % 4 !== 0 || value.toString('base64').length !== inner.length)
    throw new MalformedCsv(offset, 'base64');
  return value;
}
