import { gunzipSync } from 'node:zlib';
import { manifestKey } from '../src/archive/keys.ts';
import { parseManifest } from '../src/archive/manifest.ts';
import { exact, size } from '../src/cli/text/format.ts';
import type { TablePolicy } from '../src/config/policy.ts';
import type { Source } from '../src/job/source.ts';
import type { Day } from '../src/model/day.ts';
import type { Session } from '../src/mysql/session/session.ts';
import { count, type Truth } from './bankWriter.ts';

/** Rows, unless a name says otherwise. */
interface Account {
  left: number;
  deleted: number;
  /** Deleted rows that stand in the archive as they were, once. */
  found: number;
  /** Archived rows of purged days that were never written so, or stand there twice. */
  wrong: number;
  healed: number;
  days: number;
  objects: number;
  bytes: number;
  proofs: number;
}

/** What the account is drawn up from. */
export interface Books {
  source: Source;
  session: Session;
  calendar: { cutoff: Day };
  /** Rows that the bank wrote. */
  written: number;
  truth: Truth;
}

const columns = ['days', 'objects', 'bytes', 'purged', 'left', 'healed', 'proofs'] as const;
const widths = [6, 9, 10, 9, 9, 8, 8];

/**
 * Rows written = rows in the tables + rows in the ledger, and each deleted row stands once in S3, equal byte for byte:
 * read from every object that a reader would see. Prints it in words, within 80 columns.
 *
 * @returns whether it balances
 */
export async function account(books: Books, say: (line: string) => void): Promise<boolean> {
  const { source, written } = books;
  const all = await Promise.all(source.config.tables.map((policy) => ofTable(books, policy)));
  const row = (name: string, cells: readonly string[]) =>
    name.padEnd(19) + cells.map((cell, index) => cell.padStart(widths[index] ?? 0)).join('');
  const heads = row(
    'TABLE',
    columns.map((column) => column.toUpperCase()),
  );
  say(`\n${heads}`);
  for (const [index, each] of all.entries()) {
    const { days, objects, bytes, deleted, left, healed, proofs } = each;
    const counts = [exact(days), exact(objects), size(bytes), ...[deleted, left, healed, proofs].map(exact)];
    say(row(`bank.${source.config.tables[index]?.table}`, counts));
  }
  const total = (of: (each: Account) => number) => all.reduce((sum, each) => sum + of(each), 0);
  const [left, deleted] = [total((each) => each.left), total((each) => each.deleted)];
  const [found, wrong] = [total((each) => each.found), total((each) => each.wrong)];
  const lost = written - left - deleted;
  const line = (what: string, rows: number) => `${what.padEnd(21)}${exact(rows).padStart(9)}`;
  say(`\n${line('written by the bank', written)}`);
  say(line('  still in MySQL', left));
  say(`${line('  purged under proof', deleted)}   ${foundInWords(found, deleted)} in S3, byte for byte`);
  say(line('  lost', lost));
  const balanced = lost === 0 && found === deleted && wrong === 0;
  if (!balanced) say(`The account does not balance: ${wrong} archived rows were never written so, or stand twice.`);
  return balanced;
}

function foundInWords(found: number, deleted: number): string {
  return found === deleted ? 'each found exactly once' : `${exact(found)} found exactly once`;
}

async function ofTable({ source, session, truth, calendar }: Books, policy: TablePolicy): Promise<Account> {
  const [row] = await session.rows(`SELECT COUNT(*) AS number FROM bank.${policy.table}`);
  const days = await source.withLedger((ledger) => ledger.days(policy.database, policy.table));
  const sum: Account = {
    ...{ left: Number(row?.number), deleted: 0, found: 0, wrong: 0, healed: 0 },
    ...{ days: days.length, objects: 0, bytes: 0, proofs: 0 },
  };
  const lines = new Map(truth.get(policy.table));
  for (const day of days) {
    sum.deleted += day.rowsDeleted;
    sum.proofs += day.proofs;
    sum.healed += day.rowsAdded + day.rowsChanged + day.rowsRemoved;
    const objectKey = manifestKey(source.folderOf(policy), day.day);
    const manifest = parseManifest((await source.store.read(objectKey)).toString('utf8'));
    sum.objects += manifest.parts.length;
    for (const part of manifest.parts) sum.bytes += part.object.bytes;
    if (day.day >= calendar.cutoff) continue;
    for (const key of await readableKeys(source, objectKey)) {
      for (const line of gunzipSync(await source.store.read(key))
        .toString('latin1')
        .split('\n')
        .slice(0, -1)) {
        if ((lines.get(line) ?? 0) > 0) sum.found++;
        else sum.wrong++;
        count(lines, line, -1);
      }
    }
  }
  return sum;
}

/** What Athena or Spark would read of a day: all that doesn't begin with an underscore or a dot. */
async function readableKeys(source: Source, manifest: string): Promise<string[]> {
  const folder = manifest.slice(0, manifest.lastIndexOf('/') + 1);
  return (await source.store.list(folder)).filter((key) => !/\/[_.][^/]*$/.test(key));
}
