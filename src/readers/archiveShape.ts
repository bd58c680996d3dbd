import type { Encoding } from '../archive/column.ts';
import { type Layout, type TableFolder, tablePrefix } from '../archive/keys.ts';
import type { Manifest } from '../archive/manifest.ts';
import { newestManifest } from '../archive/newestManifest.ts';
import { type Day, undatedDay } from '../model/day.ts';
import { type ReadType, readTypeOf, widest } from './readType.ts';

/** An inclusive range of a table's archived days. */
export interface DayRange {
  from: Day;
  to: Day;
}

/** A position of the files that holds a column's values, and how they are written there. */
export interface ColumnSource {
  position: number;
  /** The encoding of the newest day, and of every day that no other range has. */
  encoding: Encoding;
  /** Days on which it was written otherwise. */
  before: { encoding: Encoding; days: DayRange[] }[];
}

/** A column as people know it. Its values are in the first of the sources that isn't NULL in a row. */
export interface ViewColumn {
  name: string;
  type: ReadType;
  /** The newest first: more than one where the column's type changed to one that is written differently. */
  sources: ColumnSource[];
  dropped: boolean;
  generated: boolean;
}

/** What a reader must know of a table's archive to read it whole. */
export interface ArchiveShape {
  database: string;
  table: string;
  bucket: string;
  /** The table's folder, as keys begin with it: with a slash at its end. */
  folder: string;
  layout: Layout;
  region: string;
  endpoint: string | undefined;
  /** Days with rows, in order, without the undated ones. */
  days: Day[];
  /** Whether there are rows without a day, as day 0000-00-00. */
  undated: boolean;
  /** The names' ends that there are: `.csv`, `.csv.gz`. */
  extensions: string[];
  /** Fields of the widest row: raw columns c0, c1 and so on. */
  width: number;
  columns: ViewColumn[];
  timeColumn: string;
  primaryKey: string[];
  /** Whether a key may be there more than once in a day (`recreated: keepBoth`): the view then shows the newest of each. */
  keepsBoth: boolean;
  /** A bound of the longest line in bytes. */
  longestLine: number;
  /** SHOW CREATE TABLE of the newest day. */
  ddl: string;
  parts: { day: Day; key: string; width: number; rows: number; encodings: Encoding[] }[];
}

/** Where the archive is and what its policy says. */
export interface ArchiveLocation {
  folder: TableFolder;
  bucket: string;
  region: string;
  endpoint: string | undefined;
  keepsBoth: boolean;
  /** A bound of the longest line in bytes, where one may be longer than any reader takes by itself. */
  longestLine: number;
}

/** No day of the table is archived, so there is nothing to read. */
export class NothingArchived extends Error {
  override readonly name = 'NothingArchived';
}

/** Describes a table's archive by the newest manifest of each of its days. @throws NothingArchived */
export function describeArchive(manifests: readonly Manifest[], archive: ArchiveLocation): ArchiveShape {
  const sorted = manifests.filter(({ parts }) => parts.length > 0).sort((one, other) => (one.day < other.day ? -1 : 1));
  const newest = newestManifest(sorted);
  const { folder } = archive;
  if (!newest)
    throw new NothingArchived(
      `${folder.database}.${folder.table}: s3://${archive.bucket}/${tablePrefix(folder)} holds no day with rows yet; ` +
        'archive one first: sediment run',
    );
  const days = sorted.map(({ day }) => day as Day);
  const parts = sorted.flatMap(({ day, columns, parts: all }) =>
    all.map(({ object, width, rows }) => {
      const encodings = columns.slice(0, width).map(({ encoding }) => encoding);
      return { day: day as Day, key: object.key, width, rows, encodings };
    }),
  );
  return {
    database: folder.database,
    table: folder.table,
    bucket: archive.bucket,
    folder: tablePrefix(folder),
    layout: folder.layout,
    region: archive.region,
    endpoint: archive.endpoint,
    days: days.filter((day) => day !== undatedDay),
    undated: days.includes(undatedDay),
    extensions: [...new Set(parts.map(({ key }) => (key.endsWith('.gz') ? '.csv.gz' : '.csv')))].sort(),
    width: Math.max(...sorted.map(({ columns }) => columns.length)),
    columns: viewColumns(sorted, newest),
    timeColumn: newest.timeColumn,
    primaryKey: newest.primaryKey,
    keepsBoth: archive.keepsBoth,
    longestLine: archive.longestLine,
    ddl: newest.source.ddl,
    parts,
  };
}

function viewColumns(manifests: readonly Manifest[], newest: Manifest): ViewColumn[] {
  const columns: ViewColumn[] = [];
  for (const [position, column] of newest.columns.entries()) {
    const source = sourceOf(manifests, position);
    const types = manifests.flatMap(({ columns: own }) => own[position] ?? []).map(readTypeOf);
    const type = types.reduce(widest);
    const name = column.formerly ?? column.name;
    const known = columns.find((each) => each.name === name);
    if (!known) {
      const { dropped = false, generated } = column;
      columns.push({ name, type, sources: [source], dropped, generated });
      continue;
    }
    known.type = widest(known.type, type);
    if (column.formerly === undefined) {
      known.sources.unshift(source);
      known.dropped = column.dropped ?? false;
      known.generated = column.generated;
    } else known.sources.push(source);
  }
  return columns;
}

function sourceOf(manifests: readonly Manifest[], position: number): ColumnSource {
  const known = manifests.flatMap(({ day, columns }) => {
    const column = columns[position];
    return column ? [{ day: day as Day, encoding: column.encoding }] : [];
  });
  const encoding = known.at(-1)?.encoding ?? 'text';
  const others = [...new Set(known.map((each) => each.encoding))].filter((each) => each !== encoding);
  const before = others.map((other) => ({ encoding: other, days: rangesOf(known, other) }));
  return { position, encoding, before };
}

/** The days of one encoding as ranges, which go over days that hold nothing. */
function rangesOf(known: readonly { day: Day; encoding: Encoding }[], encoding: Encoding): DayRange[] {
  const ranges: DayRange[] = [];
  let open: DayRange | undefined;
  for (const { day, encoding: own } of known) {
    if (own !== encoding) open = undefined;
    else if (open) open.to = day;
    else {
      open = { from: day, to: day };
      ranges.push(open);
    }
  }
  return ranges;
}
