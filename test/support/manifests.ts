import type { Manifest } from '../../src/archive/manifest.ts';
import { type ArchiveLocation, type ArchiveShape, describeArchive } from '../../src/readers/archiveShape.ts';

type ManifestColumn = Manifest['columns'][number];

/** A column of a manifest, by its definition: `amt decimal(8,2)`. */
export function manifestColumn(definition: string, changes: Partial<ManifestColumn> = {}): ManifestColumn {
  const [name = '', ...type] = definition.split(' ');
  const columnType = type.join(' ');
  const dataType = /^[a-z]+/.exec(columnType)?.[0] ?? '';
  const isText = /char|text|enum|set|json|time$/.test(dataType);
  const encoding = /blob|binary/.test(dataType) ? 'base64' : isText && dataType !== 'datetime' ? 'text' : 'bare';
  const { charset, collation, nullable, generated } = {
    charset: null,
    collation: null,
    nullable: true,
    generated: false,
  };
  return { name, dataType, columnType, nullable, generated, charset, collation, encoding, ...changes };
}

/** A manifest of one part; what differs is said by `changes`. */
export function manifestOfDay(day: string, columns: ManifestColumn[], changes: Partial<Manifest> = {}): Manifest {
  const folder = `life/events/year=${day.slice(0, 4)}/month=${day.slice(5, 7)}/day=${day.slice(8)}`;
  const stored = (key: string) => ({ key: `${folder}/${key}`, etag: '"e"', bytes: 10, crc32: 'AAAAAA==' });
  const name = `events.${day.replaceAll('-', '')}.00000.e1.csv.gz`;
  return {
    manifestVersion: 1,
    tool: 'sediment',
    engine: 'stream',
    source: {
      ...{ name: 's', serverId: 'i', serverVersion: '9.7', database: 'life', table: 'events' },
      ...{ ddl: 'CREATE TABLE `events` (\n  `id` int NOT NULL,\n  `flags` bit(9)\n)', ddlHash: 'h' },
    },
    day,
    window: { start: day, end: day },
    zone: 'UTC',
    timeColumn: 'at',
    primaryKey: ['id'],
    columns,
    dialect: 'mysql-csv-v1',
    compression: 'gzip',
    digest: 'sha256-xor-v1',
    salt: '0'.repeat(32),
    epoch: 1,
    revision: 1,
    purged: { pass: 1, cursor: null },
    pass: 1,
    heals: [],
    rows: 1,
    xor: '0'.repeat(64),
    parts: [
      {
        ...{ part: 0, pass: 1, object: stored(name), chunkIndex: stored('_chunks.00000.e1.ndjson.gz') },
        ...{
          uncompressedBytes: 10,
          sha256: 's',
          rows: 1,
          xor: '0'.repeat(64),
          chunks: 1,
          width: columns.length,
          endCursor: ['x'],
        },
      },
    ],
    undated: { withoutTime: 0, outOfRange: 0 },
    verifiedAt: `${day}T12:00:00Z`,
    ...changes,
  };
}

const location: ArchiveLocation = {
  folder: { prefix: '', layout: 'hive', database: 'life', table: 'events' },
  bucket: 'archive',
  region: 'eu-central-1',
  endpoint: undefined,
  keepsBoth: false,
  longestLine: 0,
};

export function shapeOfDays(manifests: readonly Manifest[], changes: Partial<ArchiveLocation> = {}): ArchiveShape {
  return describeArchive(manifests, { ...location, ...changes });
}

/** Three days of a table whose columns came, went, were widened and changed their encoding in their own place. */
export function changedDays(): Manifest[] {
  const first = [
    ...['id int', 'at datetime(6)', 'old varchar(20)', 'n int', 'amt decimal(8,2)'].map((each) => manifestColumn(each)),
    ...['txt varchar(60)', 'code int', 'b blob', 'year int unsigned'].map((each) => manifestColumn(each)),
  ];
  const second = [
    ...['id int', 'at datetime(6)'].map((each) => manifestColumn(each)),
    manifestColumn('old varchar(20)', { dropped: true }),
    ...[
      'n bigint',
      'amt decimal(12,4)',
      'txt text',
      'code varchar(20)',
      'b text',
      'year int unsigned',
      'extra json',
    ].map((each) => manifestColumn(each)),
    ...['born date', 'big bigint unsigned', 'wide decimal(65,30)', 'flags bit(9)', 'real1 float'].map((each) =>
      manifestColumn(each),
    ),
  ];
  return [manifestOfDay('2026-08-01', first), manifestOfDay('2026-08-10', first), manifestOfDay('2026-08-28', second)];
}
