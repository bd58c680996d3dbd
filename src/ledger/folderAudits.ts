import type { TableName } from '../model/tableName.ts';
import { isMissingLedger } from '../mysql/errors.ts';
import { identifier } from '../mysql/quote.ts';
import type { Session } from '../mysql/session/session.ts';
import type { Ledger } from './ledger.ts';
import { tableNameOf } from './rowFields.ts';

/** What can be wrong beside the bytes of the objects, by the names that the metrics have for it. */
export const folderKinds = [
  'unnamed',
  'doubled',
  'missing',
  'changed',
  'halfUploaded',
  'bucketRefused',
  'catalogBehind',
] as const;
export type FolderKind = (typeof folderKinds)[number];
export type FolderCounts = Record<FolderKind, number>;

const columnOf: Readonly<Record<FolderKind, string>> = {
  unnamed: 'unnamed',
  doubled: 'doubled',
  missing: 'missing',
  changed: 'changed',
  halfUploaded: 'half_uploaded',
  bucketRefused: 'bucket_refused',
  catalogBehind: 'catalog_behind',
};

/** Records what the last look at a table's folders found. */
export async function recordFolderAudit(
  { session, name }: Ledger,
  { database, table }: TableName,
  counts: FolderCounts,
): Promise<void> {
  const columns = folderKinds.map((kind) => columnOf[kind]);
  await session.execute(
    `INSERT INTO ${identifier(name)}.folder_audits (database_name, table_name, ${columns.join(', ')})
     VALUES (?, ?, ${columns.map(() => '?').join(', ')})
     ON DUPLICATE KEY UPDATE ${columns.map((column) => `${column} = VALUES(${column})`).join(', ')}, looked_at = CURRENT_TIMESTAMP(6)`,
    [database, table, ...folderKinds.map((kind) => counts[kind])],
  );
}

/** By the table's name. A ledger of an older release has none. */
export async function readFolderAudits(session: Session, ledger: string): Promise<Map<string, FolderCounts>> {
  try {
    const rows = await session.rows(`SELECT * FROM ${identifier(ledger)}.folder_audits`);
    return new Map(
      rows.map((row) => {
        const counts = Object.fromEntries(folderKinds.map((kind) => [kind, Number(row[columnOf[kind]])]));
        return [tableNameOf(row), counts as FolderCounts];
      }),
    );
  } catch (error) {
    if (isMissingLedger(error)) return new Map();
    throw error;
  }
}
