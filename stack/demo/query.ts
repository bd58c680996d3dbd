import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import type { Source } from '../../src/job/source.ts';

/** An analyst's question, answered by DuckDB from the archive's bytes. */
export async function queryArchive(source: Source, folder: string): Promise<string> {
  const local = join(folder, 'query');
  mkdirSync(local, { recursive: true });
  const keys = (await source.store.list('bank/transactions/')).filter((key) => key.endsWith('.csv.gz'));
  for (const [index, key] of keys.entries())
    writeFileSync(join(local, `${index}.csv.gz`), await source.store.read(key));
  const duck = await (await DuckDBInstance.create()).connect();
  const csv =
    `read_csv('${local}/*.csv.gz', delim=',', quote='"', escape='"', nullstr='\\N', header=false, ` +
    `auto_detect=false, columns={account: 'UBIGINT', number: 'UBIGINT', booked_at: 'TIMESTAMP', amount: ` +
    `'DECIMAL(18,4)', currency: 'VARCHAR', purpose: 'VARCHAR'})`;
  const reader = await duck.runAndReadAll(
    `SELECT currency, count(*) AS bookings, sum(amount) AS total FROM ${csv} GROUP BY currency ORDER BY currency`,
  );
  const columns = (cells: readonly string[]) => cells.map((cell) => cell.padEnd(14)).join('');
  return [
    `${columns(reader.columnNames())}(DuckDB, from the archive)`,
    ...reader.getRows().map((row) => columns(row.map(String)).trimEnd()),
  ].join('\n');
}
