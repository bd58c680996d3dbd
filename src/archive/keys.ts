import type { Day } from '../model/day.ts';

export type ObjectKey = string;
export type Layout = 'hive' | 'plain' | 'dt';

/** What keys are made of: a table's place under the prefix, and a day's folder in the layout. */
export interface KeyPlace {
  prefix: string;
  layout: Layout;
  database: string;
  table: string;
}

/** Percent-encodes all but `A–Z a–z 0–9 _ . -`, and a leading `_` or `.` too, which would hide the objects from readers. */
export function keySegment(name: string): string {
  let encoded = '';
  for (const [index, byte] of Buffer.from(name, 'utf8').entries()) {
    const character = String.fromCharCode(byte);
    const plain = /[A-Za-z0-9_.-]/.test(character) && !(index === 0 && (character === '_' || character === '.'));
    encoded += plain ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return encoded;
}

/** The prefix as keys begin with it: empty, or with its slash. */
export function rootPrefix(prefix: string): string {
  return prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`;
}

/** Where an object goes that a heal has replaced: hidden from readers, at its old place below `_superseded/`. */
export function supersededKey(prefix: string, key: ObjectKey): ObjectKey {
  const root = rootPrefix(prefix);
  return `${root}_superseded/${key.slice(root.length)}`;
}

export function tablePrefix(place: KeyPlace): string {
  return `${rootPrefix(place.prefix)}${keySegment(place.database)}/${keySegment(place.table)}/`;
}

export function dayPrefix(place: KeyPlace, day: Day): string {
  const [year, month, date] = day.split('-');
  if (place.layout === 'hive') return `${tablePrefix(place)}year=${year}/month=${month}/day=${date}/`;
  if (place.layout === 'dt') return `${tablePrefix(place)}dt=${day}/`;
  return `${tablePrefix(place)}${year}/${month}/${date}/`;
}

export function manifestKey(place: KeyPlace, day: Day): ObjectKey {
  return `${dayPrefix(place, day)}_manifest.json`;
}

/** The witness of a day's purge, beside its manifest and as hidden. */
export function traceKey(place: KeyPlace, day: Day): ObjectKey {
  return `${dayPrefix(place, day)}_purge.json`;
}

/** A key carries the epoch it was written under, so none is ever used twice. */
export function partKey(
  place: KeyPlace,
  day: Day,
  part: number,
  epoch: number,
  compression: 'gzip' | 'none',
): ObjectKey {
  const name = `${keySegment(place.table)}.${day.replaceAll('-', '')}.${partNumber(part)}.e${epoch}.csv`;
  return dayPrefix(place, day) + name + (compression === 'gzip' ? '.gz' : '');
}

export function chunkIndexKey(place: KeyPlace, day: Day, part: number, epoch: number): ObjectKey {
  return `${dayPrefix(place, day)}_chunks.${partNumber(part)}.e${epoch}.ndjson.gz`;
}

/** A part, or its chunk index, as its key says. */
export interface PartName {
  kind: 'part' | 'chunkIndex';
  part: number;
  epoch: number;
}

/** Reads a key of `partKey` or `chunkIndexKey`; undefined for any other object of the day's. */
export function parsePartKey(place: KeyPlace, day: Day, key: ObjectKey): PartName | undefined {
  const prefix = dayPrefix(place, day);
  if (!key.startsWith(prefix)) return undefined;
  const name = key.slice(prefix.length);
  const own = `${keySegment(place.table)}.${day.replaceAll('-', '')}.`;
  const data = name.startsWith(own) ? /^(\d{5,})\.e(\d+)\.csv(?:\.gz)?$/.exec(name.slice(own.length)) : null;
  const found = data ?? /^_chunks\.(\d{5,})\.e(\d+)\.ndjson\.gz$/.exec(name);
  if (!found) return undefined;
  return { kind: data ? 'part' : 'chunkIndex', part: Number(found[1]), epoch: Number(found[2]) };
}

/** Whether readers of the folder take an object for data: they pass over a last segment that begins with `_` or a dot. */
export function isVisible(key: ObjectKey): boolean {
  return !/(^|\/)[_.][^/]*$/.test(key);
}

/** S3's own limit, in bytes of UTF-8; a key here is ASCII. */
export const longestKeyBytes = 1_024;

/** The bytes that an object of a table may come to: a part's key with the most digits, moved below `_superseded/`. */
export function keyBytes(place: KeyPlace): number {
  const key = partKey(place, '9999-12-31' as Day, 999_999, 4_294_967_295, 'gzip');
  return supersededKey(place.prefix, key).length;
}

function partNumber(part: number): string {
  return String(part).padStart(5, '0');
}
