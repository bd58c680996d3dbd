import type { Day } from '../model/day.ts';

export type ObjectKey = string;
export type Layout = 'hive' | 'plain' | 'dt';

/** What names a table's folder below the bucket's prefix, and how its days' folders are laid out. */
export interface TableFolder {
  prefix: string;
  layout: Layout;
  database: string;
  table: string;
}

/** Percent-encodes all but `A–Z a–z 0–9 _ . -`, and a leading `_` or `.` too, because readers such as Spark skip such names. */
export function keySegment(name: string): string {
  let encoded = '';
  for (const [index, byte] of Buffer.from(name, 'utf8').entries()) {
    const character = String.fromCharCode(byte);
    const plain = /[A-Za-z0-9_.-]/.test(character) && !(index === 0 && (character === '_' || character === '.'));
    encoded += plain ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return encoded;
}

/** The prefix as keys begin with it: empty, or with a slash at its end. */
export function rootPrefix(prefix: string): string {
  return prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`;
}

/** The new key of an object that a heal replaced: the old one below `_superseded/`, which readers skip. */
export function supersededKey(prefix: string, key: ObjectKey): ObjectKey {
  const root = rootPrefix(prefix);
  return `${root}_superseded/${key.slice(root.length)}`;
}

export function tablePrefix(folder: TableFolder): string {
  return `${rootPrefix(folder.prefix)}${keySegment(folder.database)}/${keySegment(folder.table)}/`;
}

export function dayPrefix(folder: TableFolder, day: Day): string {
  const [year, month, date] = day.split('-');
  if (folder.layout === 'hive') return `${tablePrefix(folder)}year=${year}/month=${month}/day=${date}/`;
  if (folder.layout === 'dt') return `${tablePrefix(folder)}dt=${day}/`;
  return `${tablePrefix(folder)}${year}/${month}/${date}/`;
}

/** The day of an object, by its key below the table's folder; undefined where it lies in no day's. */
export function dayOfKey(layout: Layout, key: ObjectKey): Day | undefined {
  const folders = {
    hive: /^year=(\d{4})\/month=(\d{2})\/day=(\d{2})\//,
    dt: /^dt=(\d{4})-(\d{2})-(\d{2})\//,
    plain: /^(\d{4})\/(\d{2})\/(\d{2})\//,
  };
  const [, year, month, date] = folders[layout].exec(key) ?? [];
  return year === undefined ? undefined : (`${year}-${month}-${date}` as Day);
}

export function manifestKey(folder: TableFolder, day: Day): ObjectKey {
  return `${dayPrefix(folder, day)}_manifest.json`;
}

/** The trace of a day's purge, beside its manifest and hidden from readers too. */
export function traceKey(folder: TableFolder, day: Day): ObjectKey {
  return `${dayPrefix(folder, day)}_purge.json`;
}

/** A key carries the epoch that it was written under, so that no key is ever used twice. */
export function partKey(
  folder: TableFolder,
  day: Day,
  { part, epoch, compression }: { part: number; epoch: number; compression: 'gzip' | 'none' },
): ObjectKey {
  const name = `${keySegment(folder.table)}.${day.replaceAll('-', '')}.${partNumber(part)}.e${epoch}.csv`;
  return dayPrefix(folder, day) + name + (compression === 'gzip' ? '.gz' : '');
}

/** How a part is written, by its key: a policy may change between two parts of one day. */
export function compressionOf(key: string): 'gzip' | 'none' {
  return key.endsWith('.gz') ? 'gzip' : 'none';
}

export function chunkIndexKey(folder: TableFolder, day: Day, part: number, epoch: number): ObjectKey {
  return `${dayPrefix(folder, day)}_chunks.${partNumber(part)}.e${epoch}.ndjson.gz`;
}

/** What the key of a part or of a chunk index says. */
export interface PartName {
  kind: 'part' | 'chunkIndex';
  part: number;
  epoch: number;
}

/** Reads a key of `partKey` or `chunkIndexKey`; undefined for any other object of the day. */
export function parsePartKey(folder: TableFolder, day: Day, key: ObjectKey): PartName | undefined {
  const prefix = dayPrefix(folder, day);
  if (!key.startsWith(prefix)) return undefined;
  const name = key.slice(prefix.length);
  const own = `${keySegment(folder.table)}.${day.replaceAll('-', '')}.`;
  const data = name.startsWith(own) ? /^(\d{5,})\.e(\d+)\.csv(?:\.gz)?$/.exec(name.slice(own.length)) : null;
  const found = data ?? /^_chunks\.(\d{5,})\.e(\d+)\.ndjson\.gz$/.exec(name);
  if (!found) return undefined;
  return { kind: data ? 'part' : 'chunkIndex', part: Number(found[1]), epoch: Number(found[2]) };
}

/** Whether readers of the folder take an object for data: they skip names that begin with `_` or a dot. */
export function isVisible(key: ObjectKey): boolean {
  return !/(^|\/)[_.][^/]*$/.test(key);
}

/** S3's limit, in bytes of UTF-8. Sediment's keys are ASCII. */
export const longestKeyBytes = 1_024;

/** The length in bytes of a table's longest key: a part's, with the most digits, moved below `_superseded/`. */
export function keyBytes(folder: TableFolder): number {
  const key = partKey(folder, '9999-12-31' as Day, { part: 999_999, epoch: 4_294_967_295, compression: 'gzip' });
  return supersededKey(folder.prefix, key).length;
}

function partNumber(part: number): string {
  return String(part).padStart(5, '0');
}
