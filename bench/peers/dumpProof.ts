import { hash } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip as gunzipCallback } from 'node:zlib';
import { type Column, encodingOf } from '../../src/archive/column.ts';
import { openTable } from '../../src/checks/openTable.ts';
import { digestQuery } from '../../src/mysql/expressions.ts';
import { Session } from '../../src/mysql/session/session.ts';
import { ObjectStore } from '../../src/s3/store.ts';
import { orders } from '../orders.ts';
import { bucket, type Stage } from '../stage.ts';

const gunzip = promisify(gunzipCallback);
const salt = '00112233445566778899aabbccddeeff';
/** Rows a block, as many as a chunk of the export has. */
const blockRows = 4_000;

/** Downloads a dump and holds each block of rows against MySQL's digest of it. @throws where one differs or rows are missing */
export async function proveDump(stage: Stage, keys: readonly string[], rows: number): Promise<void> {
  const store = new ObjectStore({ bucket, region: stage.s3.region, endpoint: stage.s3.endpoint, forcePathStyle: true });
  const { host, port, user, password } = stage.mysql;
  const session = await Session.open({ host, port, user, password, tls: false }, 'REPEATABLE READ');
  const {
    schema: { columns },
  } = await openTable(session, { ...orders, timeColumn: orders.timeColumn });
  let proved = 0;
  let asked: Promise<void> = Promise.resolve();
  for (const key of keys) {
    const sql = await gunzip(await store.read(key));
    for (const block of blocksOf(sql, columns)) {
      // One question is under way while the next block is read.
      await asked;
      asked = compare(session, columns, block);
      asked.catch(() => undefined);
      proved += block.rows;
    }
  }
  await asked;
  session.close();
  store.close();
  if (proved !== rows) throw new Error(`the dump holds ${proved} of ${rows} rows`);
}

interface Block {
  first: string;
  last: string;
  rows: number;
  xor: Buffer;
}

async function compare(session: Session, columns: readonly Column[], block: Block): Promise<void> {
  const where = `id BETWEEN ${block.first} AND ${block.last}`;
  const from = `${orders.database}.${orders.table}`;
  const [row] = await session.rows(digestQuery({ columns, salt: `'${salt}'`, from, where }, session.flavor));
  if (Number(row?.digest_rows) !== block.rows || row?.digest_xor !== block.xor.toString('hex'))
    throw new Error(`the dump's rows ${block.first} to ${block.last} aren't those of the table`);
}

/** The rows of mydumper's INSERT statements, one a line, digested as the archive's are. */
function* blocksOf(sql: Buffer, columns: readonly Column[]): Generator<Block> {
  const texts = columns.map((column) => encodingOf(column) !== 'bare');
  const scratch = Buffer.allocUnsafe(1 << 20);
  let block: Block | undefined;
  for (let at = 0; at < sql.length; ) {
    const end = sql.indexOf(0x0a, at);
    const start = sql[at] === 0x28 ? at + 1 : sql[at] === 0x2c ? at + 2 : -1;
    if (start > 0) {
      const id = sql.toString('latin1', start, sql.indexOf(0x2c, start));
      block ??= { first: id, last: id, rows: 0, xor: Buffer.alloc(32) };
      const digest = digestLine(sql, start, texts, scratch);
      for (let index = 0; index < 32; index++) block.xor[index] = (block.xor[index] ?? 0) ^ digest.charCodeAt(index);
      block.last = id;
      if (++block.rows === blockRows) {
        yield block;
        block = undefined;
      }
    }
    at = end < 0 ? sql.length : end + 1;
  }
  if (block) yield block;
}

const unescaped: Record<number, number> = { 110: 0x0a, 114: 0x0d, 48: 0x00, 90: 0x1a };

function digestLine(sql: Buffer, start: number, texts: readonly boolean[], scratch: Buffer): string {
  let at = start;
  let to = scratch.write(salt, 'latin1');
  let nulls = '';
  let lengths = '';
  for (const text of texts) {
    const isNull = sql[at] === 0x4e;
    nulls += isNull ? '1' : '0';
    if (isNull) at += 4;
    else {
      scratch[to++] = 0x1f;
      const from = to;
      if (sql[at] === 0x22) {
        for (at++; sql[at] !== 0x22; at++) {
          const byte = sql[at] as number;
          const next = byte === 0x5c ? (sql[++at] as number) : byte;
          scratch[to++] = byte === 0x5c ? (unescaped[next] ?? next) : byte;
        }
        at++;
      } else for (; sql[at] !== 0x2c && sql[at] !== 0x29; at++) scratch[to++] = sql[at] as number;
      if (text) lengths += `\x1f${to - from}`;
    }
    at++;
  }
  to += scratch.write(`\x1f${nulls}${lengths}`, to, 'latin1');
  return hash('sha256', scratch.subarray(0, to), 'binary');
}
