import { randomBytes } from 'node:crypto';
import { type Column, encodingOf } from '../archive/column.ts';
import { CsvWriter } from '../archive/csvWriter.ts';
import { rootPrefix } from '../archive/keys.ts';
import type { Source } from '../job/source.ts';
import { csvExpression } from '../mysql/csvExpression.ts';
import { literal } from '../mysql/quote.ts';
import type { Session } from '../mysql/session/session.ts';
import { outfileFormat } from '../procedures/exportProcedure.ts';
import { stagedObjects, sweepStaging } from './staging.ts';
import { namedWriteError } from './writeErrors.ts';

/** What the server wrote of the hard values, held against what the dialect says. */
export interface ProbeReport {
  rows: number;
  bytes: number;
  objects: number;
  millis: number;
  /** The first byte that differs, and what is around it on both sides; undefined where all are the same. */
  differs: { at: number; expected: string; found: string } | undefined;
}

const column = (name: string, dataType: string): Column => ({
  name,
  dataType,
  columnType: dataType,
  nullable: true,
  generated: false,
  charset: dataType === 'varchar' ? 'utf8mb4' : null,
  collation: dataType === 'varchar' ? 'utf8mb4_general_ci' : null,
});

const columns = [column('note', 'varchar'), column('body', 'varbinary'), column('amount', 'decimal')];

const texts = [
  null,
  '',
  ' ',
  '"',
  'a""b',
  '\\',
  '\\N',
  '\\"',
  'a\nb',
  'a\r\nb',
  '\0',
  '\u001a',
  '\u001f',
  ',',
  '😀 é',
  'NULL',
];

/** Each hard value once: the text, its bytes, and a number. */
const values = texts.map((text, index) => ({
  note: text === null ? null : Buffer.from(text, 'utf8'),
  body: text === null ? null : Buffer.concat(Array.from({ length: 60 }, () => Buffer.from(text, 'utf8'))),
  amount: index === 0 ? null : Buffer.from(`-${index}.50`),
}));

/** What the dialect makes of the hard values. */
function expected(): Buffer {
  const writer = new CsvWriter(1 << 16);
  for (const { note, body, amount } of values) writer.row([note, body, amount], columns.map(encodingOf));
  return writer.take();
}

function probeStatement(uri: string): string {
  const rows = values.map(({ note, body, amount }, id) => {
    const text = note === null ? 'NULL' : `CONVERT(x'${note.toString('hex')}' USING utf8mb4)`;
    const bytes = body === null ? 'NULL' : `x'${body.toString('hex')}'`;
    return `SELECT ${id} AS id, ${text} AS note, ${bytes} AS body, ${amount === null ? 'NULL' : amount.toString()} AS amount`;
  });
  const fields = columns.map(csvExpression).join(', ');
  return `SELECT ${fields} FROM (${rows.join(' UNION ALL ')}) AS probe ORDER BY id INTO OUTFILE S3 ${literal(uri)}${outfileFormat}`;
}

/**
 * Has the server write the hard values, and reads them back. Nothing of a table is touched, and nothing is left behind.
 * @throws AuroraWriteRefused, AuroraWriteFailed, or the server's error
 */
export async function probeDialect(session: Session, source: Pick<Source, 'store' | 'config'>): Promise<ProbeReport> {
  const { bucket, prefix, region } = source.config.store;
  const folder = `${rootPrefix(prefix)}_staging/aurora/probe-${randomBytes(8).toString('hex')}/`;
  const began = performance.now();
  try {
    await session.execute('SET ROLE ALL');
    await session.execute(probeStatement(`s3-${region}://${bucket}/${folder}probe.csv`)).catch((error: unknown) => {
      const { user } = source.config.source;
      throw namedWriteError(error, { table: 'the probe', bucket, folder, user, rows: values.length });
    });
    const objects = await stagedObjects(source, `${folder}probe.csv`);
    const bodies: Buffer[] = [];
    for (const { key, versionId } of objects) bodies.push(await source.store.read(key, versionId ?? {}));
    const found = Buffer.concat(bodies);
    return {
      rows: values.length,
      bytes: found.length,
      objects: objects.length,
      millis: Math.round(performance.now() - began),
      differs: firstDifference(expected(), found),
    };
  } finally {
    await sweepStaging(source, folder).catch(() => undefined);
  }
}

/** Bytes that are shown on each side of a difference. */
const around = 16;

export function firstDifference(expects: Buffer, finds: Buffer): ProbeReport['differs'] {
  if (expects.equals(finds)) return undefined;
  let at = 0;
  while (at < expects.length && expects[at] === finds[at]) at++;
  const textAround = (bytes: Buffer) => JSON.stringify(bytes.toString('utf8', Math.max(0, at - around), at + around));
  return { at, expected: textAround(expects), found: textAround(finds) };
}
