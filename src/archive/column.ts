/** How `mysql-csv-v1` writes a column's bytes in a field: bare, quoted and escaped, or as quoted base64. See docs/archive-format.md. */
export type Encoding = 'bare' | 'text' | 'base64';

export interface Column {
  name: string;
  /** The data type without its attributes, lower case, as information_schema prints it: `varchar`. */
  dataType: string;
  /** The whole type: `varchar(20)`, `bigint unsigned`. */
  columnType: string;
  nullable: boolean;
  /** Generated columns are archived, and left out by a restore. */
  generated: boolean;
  charset: string | null;
  collation: string | null;
  /** Dropped from the table since it was first seen: it keeps its position in the file, and is NULL in every new row. */
  dropped?: true | undefined;
  /** The name that it had until its type changed to one that is written in another encoding: that column has a new place. */
  formerly?: string | undefined;
}

const bare = new Set([
  'tinyint',
  'smallint',
  'mediumint',
  'int',
  'bigint',
  'decimal',
  'year',
  'date',
  'datetime',
  'timestamp',
  'float',
  'double',
  'bit',
]);
const text = new Set([
  'char',
  'varchar',
  'tinytext',
  'text',
  'mediumtext',
  'longtext',
  'enum',
  'set',
  'json',
  'time',
  'uuid',
  'inet4',
  'inet6',
]);
/** Spatial types. MySQL says `geomcollection`, MariaDB `geometrycollection`. */
export const geometryTypes: readonly string[] = [
  'geometry',
  'point',
  'linestring',
  'polygon',
  'multipoint',
  'multilinestring',
  'multipolygon',
  'geomcollection',
  'geometrycollection',
];
const binary = new Set([
  'binary',
  'varbinary',
  'tinyblob',
  'blob',
  'mediumblob',
  'longblob',
  'vector',
  ...geometryTypes,
]);

/** The dialect has no rule for a column's type: the table is refused before anything is written or deleted. */
export class UnknownColumnType extends Error {
  override readonly name = 'UnknownColumnType';
  constructor(
    readonly column: string,
    readonly dataType: string,
  ) {
    super(
      `column ${column} has type ${dataType}, which mysql-csv-v1 has no rule for; leave the table out of the policy`,
    );
  }
}

/** How a column of this type is written. @throws UnknownColumnType */
export function encodingOf(column: Pick<Column, 'name' | 'dataType'>): Encoding {
  if (bare.has(column.dataType)) return 'bare';
  if (text.has(column.dataType)) return 'text';
  if (binary.has(column.dataType)) return 'base64';
  throw new UnknownColumnType(column.name, column.dataType);
}
