import { gunzipSync } from 'node:zlib';
import { manifestKey } from '../src/archive/keys.ts';
import { parseManifest } from '../src/archive/manifest.ts';
import type { TablePolicy } from '../src/config/policy.ts';
import type { Source } from '../src/job/source.ts';
import type { Day } from '../src/model/day.ts';
import type { Session } from '../src/mysql/session.ts';
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

/**
 * Rows written = rows in the tables + rows in the ledger, and each deleted row stands once in S3, equal byte for byte:
 * read from every object that a reader would see. Prints it in words.
 *
 * @returns whether it balances
 */
export async function account(
  source: Source,
  session: Session,
  written: number,
  truth: Truth,
  cutoff: Day,
  say: (line: string) => void,
): Promise<boolean> {
  const all = await Promise.all(source.config.tables.map((policy) => ofTable(source, session, policy, truth, cutoff)));
  const total = (of: (each: Account) => number) => all.reduce((sum, each) => sum + of(each), 0);
  const number = (value: number, width = 12) => value.toLocaleString('en').padStart(width);
  const cells = ['rows archived', 'days', 'objects', 'bytes', 'deleted', 'left', 'healed', 'proofs'];
  say(
    `\n${'TABLE'.padEnd(18)}${cells
      .slice(1)
      .map((cell) => cell.toUpperCase().padStart(12))
      .join('')}`,
  );
  for (const [index, each] of all.entries()) {
    const { days, objects, bytes, deleted, left, healed, proofs } = each;
    const values = [days, objects, bytes, deleted, left, healed, proofs];
    say(`bank.${source.config.tables[index]?.table}`.padEnd(18) + values.map((value) => number(value)).join(''));
  }
  const [left, deleted, found, wrong] = [
    total((a) => a.left),
    total((a) => a.deleted),
    total((a) => a.found),
    total((a) => a.wrong),
  ];
  const lost = written - left - deleted;
  say(`\nwritten by the bank      ${number(written)}`);
  say(`  still in MySQL         ${number(left)}`);
  say(
    `  purged under proof     ${number(deleted)}   ${number(found).trim()} found exactly once in S3, equal byte for byte`,
  );
  say(`  lost                   ${number(lost)}`);
  const balanced = lost === 0 && found === deleted && wrong === 0;
  if (!balanced) say(`The account does not balance: ${wrong} archived rows were never written so, or stand twice.`);
  return balanced;
}

async function ofTable(
  source: Source,
  session: Session,
  policy: TablePolicy,
  truth: Truth,
  cutoff: Day,
): Promise<Account> {
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
    if (day.day >= cutoff) continue;
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
