import { type Column, encodingOf } from '../../archive/column.ts';
import { type Row, rowKey } from '../../archive/difference.ts';
import { type Digest, emptyDigest, mergeDigests, rowDigest, sameDigest } from '../../archive/digest.ts';
import { keyPredicates } from '../../heal/reinserted.ts';
import { Stopped } from '../../job/attempt.ts';
import type { PutBackCounts } from '../../ledger/putBacks.ts';
import { formatTableName } from '../../model/tableName.ts';
import { errnoOf, isDuplicateKey } from '../../mysql/errors.ts';
import { rowDigestExpression, valueExpression } from '../../mysql/expressions.ts';
import { identifier, literal, qualified } from '../../mysql/quote.ts';
import { digestOf } from '../../mysql/rangeDigest.ts';
import type { TableSchema } from '../../mysql/schema/tableSchema.ts';
import type { Session } from '../../mysql/session/session.ts';
import { valueLiteral } from '../loadStatement.ts';

/** The live table as the rows of one part meet it. */
export interface LiveTable {
  schema: TableSchema;
  salt: string;
  /** The table's columns that the part has, and their places among its fields. */
  columns: readonly { column: Column; field: number }[];
  /** Columns that came after the part was written and may be NULL: a row without them is NULL there, as its archived line is. */
  later: readonly string[];
  keyFields: readonly number[];
}

/** An archived row on its way back. */
interface Wanted {
  row: Row;
  /** As `rowKey` writes it. */
  key: string;
  /** SHA-256 of its canonical text without dropped columns, in hex. */
  digest: string;
}

/**
 * Puts archived rows whose key the table lacks back into it, and proves them there by MySQL's own digest; in the caller's
 * transaction. A key that is there is compared, and never written over.
 * @throws Stopped where the table takes a row only with other values
 */
export async function putBackRows(session: Session, live: LiveTable, rows: readonly Row[]): Promise<PutBackCounts> {
  const wanted = rows.map((row) => wantedOf(live, row));
  const there = await rowsThere(session, live, wanted);
  const absent = wanted.filter(({ key }) => !there.has(key));
  const taken = await insertRows(session, live, absent);
  const inserted = absent.filter((each) => !taken.includes(each));
  await prove(session, live, inserted);
  const compared = wanted.filter(({ key }) => there.has(key));
  const differing = compared.filter(({ key, digest }) => there.get(key) !== digest);
  return {
    inserted: inserted.length,
    there: compared.length - differing.length,
    differing: differing.length + taken.length,
    examples: [
      ...differing.map(({ row }) => keyText(live, row)),
      ...taken.map(({ row }) => `${keyText(live, row)} (another row has its unique key)`),
    ].slice(0, 20),
  };
}

function wantedOf({ columns, salt, keyFields }: LiveTable, row: Row): Wanted {
  const values = columns.map(({ field }) => row[field] ?? null);
  const encodings = columns.map(({ column }) => encodingOf(column));
  const digest = Buffer.from(rowDigest(values, encodings, salt), 'latin1').toString('hex');
  return { row, key: rowKey(row, keyFields), digest };
}

function keyText({ schema, keyFields }: LiveTable, row: Row): string {
  return schema.primaryKey
    .map((column, at) => {
      const value = row[keyFields[at] ?? 0] ?? Buffer.alloc(0);
      return `${column.name} ${value.toString(encodingOf(column) === 'base64' ? 'hex' : 'utf8')}`;
    })
    .join(', ');
}

/** A column may have been nullable when a row was archived, and not any more. */
function digested({ columns }: LiveTable): Column[] {
  return columns.map(({ column }) => ({ ...column, nullable: true }));
}

function tableOf({ schema }: LiveTable): string {
  return `${qualified(schema.database, schema.table)} FORCE INDEX (PRIMARY)`;
}

function withKeys({ schema }: LiveTable, rows: readonly Wanted[]): string {
  return rows.map(({ key }) => `(${keyPredicates(schema, key).join(' AND ')})`).join(' OR ');
}

/** The digests of rows that the table has under these keys, locked. The server says which keys are equal. */
async function rowsThere(
  session: Session,
  live: LiveTable,
  wanted: readonly Wanted[],
): Promise<Map<string, string | null>> {
  const there = new Map<string, string | null>();
  if (wanted.length === 0) return there;
  const keys = live.schema.primaryKey.map((column) => `HEX(CAST(${valueExpression(column)} AS BINARY))`);
  const read = (rows: readonly Wanted[]) =>
    session.rows(
      `SELECT ${keys.map((sql, at) => `${sql} AS k${at}`).join(', ')}, ${rowDigestExpression(digested(live), literal(live.salt))} AS digest
       FROM ${tableOf(live)} WHERE ${withKeys(live, rows)} FOR UPDATE`,
    );
  const found = await read(wanted);
  const own = new Set(wanted.map(({ key }) => key));
  let others = 0;
  for (const row of found) {
    const key = keys.map((_, at) => String(row[`k${at}`]).toLowerCase()).join(',');
    if (own.has(key)) there.set(key, row.digest ?? null);
    else others++;
  }
  if (others === 0) return there;
  // A key that the collation takes for another one, written with other letters.
  for (const each of wanted) {
    if (there.has(each.key)) continue;
    const [row] = await read([each]);
    if (row) there.set(each.key, row.digest ?? null);
  }
  return there;
}

const statementBytes = 512 << 10;

/** Inserts rows. @returns those that the table doesn't take because another row has a unique key of theirs */
async function insertRows(session: Session, live: LiveTable, rows: readonly Wanted[]): Promise<Wanted[]> {
  const taken: Wanted[] = [];
  let some: Wanted[] = [];
  let bytes = 0;
  for (const each of rows) {
    const size = each.row.reduce((sum, value) => sum + 2 * (value?.length ?? 2) + 16, 0);
    if (some.length > 0 && bytes + size > statementBytes) {
      taken.push(...(await insertSome(session, live, some)));
      some = [];
      bytes = 0;
    }
    some.push(each);
    bytes += size;
  }
  if (some.length > 0) taken.push(...(await insertSome(session, live, some)));
  return taken;
}

/** A statement that meets a key that is taken inserts nothing; its halves are tried, down to the row. */
async function insertSome(session: Session, live: LiveTable, rows: readonly Wanted[]): Promise<Wanted[]> {
  try {
    await session.execute(insertStatement(live, rows));
    return [];
  } catch (error) {
    if (!isDuplicateKey(error)) throw refusedBy(live, error);
    if (rows.length === 1) return [...rows];
    const half = rows.length >> 1;
    return [
      ...(await insertSome(session, live, rows.slice(0, half))),
      ...(await insertSome(session, live, rows.slice(half))),
    ];
  }
}

function insertStatement(live: LiveTable, rows: readonly Wanted[]): string {
  const { schema, columns, later } = live;
  const own = columns.filter(({ column }) => !column.generated);
  const names = [...own.map(({ column }) => column.name), ...later].map(identifier).join(', ');
  const tuples = rows.map(({ row }) => {
    const values = own.map(({ column, field }) => valueLiteral(column, row[field] ?? null));
    return `(${[...values, ...later.map(() => 'NULL')].join(', ')})`;
  });
  return `INSERT INTO ${qualified(schema.database, schema.table)} (${names}) VALUES ${tuples.join(', ')}`;
}

/** What the table's present definition doesn't take: no retry changes that. */
const refusals: Readonly<Record<number, string>> = {
  1048: 'a column that may not be NULL now was NULL when the row was archived',
  1364: 'a column that came since has no default',
  1452: 'the row that it refers to is gone (foreign key)',
  1526: 'the table has no native partition for its time',
  3819: 'a CHECK constraint refuses it',
  4025: 'a CHECK constraint refuses it',
};

function refusedBy({ schema }: LiveTable, error: unknown): unknown {
  const why = refusals[errnoOf(error) ?? 0];
  if (why === undefined) return error;
  const name = formatTableName(schema);
  return new Stopped(
    `${name} doesn’t take an archived row back: ${why}: ${String(error)}. Nothing of its transaction was kept. Mend that, ` +
      `and run the same command again; or restore into a table of its own, without --live`,
    { cause: error },
  );
}

/** What is committed is what was archived, as MySQL itself computes it. @throws Stopped */
async function prove(session: Session, live: LiveTable, rows: readonly Wanted[]): Promise<void> {
  if (rows.length === 0) return;
  const whole = mergeDigests([emptyDigest, ...rows.map(({ digest }): Digest => ({ rows: 1, xor: digest }))]);
  const found = await digestOf(session, {
    columns: digested(live),
    salt: literal(live.salt),
    from: tableOf(live),
    where: withKeys(live, rows),
  });
  if (sameDigest(found, whole)) return;
  const there = await rowsThere(session, live, rows);
  const changed = rows.find(({ key, digest }) => there.get(key) !== digest);
  throw new Stopped(
    `${formatTableName(live.schema)} changes archived rows as they are put back, the first ${changed ? keyText(live, changed.row) : 'unknown'}: ` +
      'a column has another type than when it was archived, a generated one another expression, or the server has another ' +
      'rule. Nothing of its transaction was kept. Restore into a table of its own, without --live, and compare',
  );
}
