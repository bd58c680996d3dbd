import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';

/** One numbered file: one statement, run once on every ledger. */
export interface Migration {
  number: number;
  name: string;
  /** The statement, with `{{ledger}}` in place of the schema. */
  statement: string;
  /** SHA-256 of the statement without its comments and spaces, which may change. */
  checksum: string;
}

/** The folder of migrations is wrong: a name without a number, a number twice, or a gap. */
export class MigrationFilesWrong extends Error {
  override readonly name = 'MigrationFilesWrong';
}

export const ledgerFolder = new URL('../../../sql/ledger/', import.meta.url);

/** The folder's numbered files, in their order. @throws MigrationFilesWrong */
export function readMigrations(folder: URL = ledgerFolder): Migration[] {
  const names = readdirSync(folder)
    .filter((name) => /^\d+_\w+\.sql$/.test(name))
    .sort();
  return names.map((name, index) => {
    const number = Number.parseInt(name, 10);
    if (number !== index + 1)
      throw new MigrationFilesWrong(`sql/ledger/${name}: its number follows ${index}, so it has to be ${index + 1}`);
    const statement = readFileSync(new URL(name, folder), 'utf8').trim();
    return { number, name: name.replace(/\.sql$/, ''), statement, checksum: checksumOf(statement) };
  });
}

/** The tables that these migrations create. */
export function createdTables(migrations: readonly Migration[]): string[] {
  return migrations.flatMap(({ statement }) => {
    const [, table] = /^CREATE TABLE IF NOT EXISTS \{\{ledger\}\}\.(\w+)/m.exec(statement) ?? [];
    return table ? [table] : [];
  });
}

function checksumOf(statement: string): string {
  const bare = statement
    .replaceAll(/^\s*--.*$/gm, '')
    .replaceAll(/\s+/g, ' ')
    .trim();
  return createHash('sha256').update(bare).digest('hex');
}
