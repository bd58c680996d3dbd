import { type Day, undatedDay } from '../../model/day.ts';
import type { ArchiveShape } from '../archiveShape.ts';
import { commonNotes } from '../notes.ts';
import { type Naming, plainName, type Script } from '../script.ts';
import { dayFolder, partitionNames, partitionValues, rawColumns } from '../selectList.ts';
import { trinoView } from '../trinoSql.ts';

/** Amazon Athena: partitions by projection, so that a new day is there without a statement. */
export function athenaScript(shape: ArchiveShape, naming: Naming): Script {
  const schema = plainName(naming.schema);
  const names = { ...naming, schema, view: plainName(naming.view) };
  const raw = `${schema}.${names.view}_csv`;
  const apart = `${schema}.${names.view}_undated_csv`;
  const undated = { table: apart, values: partitionValues(shape, undatedDay) };
  return {
    notes: [
      ...commonNotes(shape, naming),
      'Athena runs one statement at a time.',
      'The projection covers every day of its years, and the next year. It works in Athena alone: for Spark, Glue and Redshift see --for glue.',
    ],
    pieces: [
      { name: 'database', statement: `CREATE DATABASE IF NOT EXISTS ${schema}` },
      { name: 'rawTable', statement: serdeTable(shape, raw, true) },
      ...(shape.undated ? [{ name: 'undatedTable', statement: undatedTable(shape, apart) }] : []),
      { name: 'view', statement: trinoView(shape, names, raw, shape.undated ? undated : undefined) },
    ],
  };
}

const serde = [
  "ROW FORMAT SERDE 'org.apache.hadoop.hive.serde2.OpenCSVSerde'",
  `WITH SERDEPROPERTIES ('separatorChar' = ',', 'quoteChar' = '"', 'escapeChar' = '\\u001A')`,
].join('\n');

function serdeTable(shape: ArchiveShape, raw: string, projected: boolean): string {
  const columns = rawColumns(shape).map((name) => `${name} string`);
  const partitions = partitionNames(shape).map((name) => `${name} string`);
  const properties = projected ? `\nTBLPROPERTIES (${projection(shape).join(',\n  ')})` : '';
  return (
    `CREATE EXTERNAL TABLE IF NOT EXISTS ${raw} (${columns.join(', ')})\nPARTITIONED BY (${partitions.join(', ')})\n${serde}\n` +
    `STORED AS TEXTFILE LOCATION 's3://${shape.bucket}/${shape.folder}'${properties}`
  );
}

function undatedTable(shape: ArchiveShape, table: string): string {
  const columns = rawColumns(shape).map((name) => `${name} string`);
  const location = `s3://${shape.bucket}/${shape.folder}${dayFolder(shape, undatedDay)}`;
  return `CREATE EXTERNAL TABLE IF NOT EXISTS ${table} (${columns.join(', ')})\n${serde}\nSTORED AS TEXTFILE LOCATION '${location}'`;
}

function projection(shape: ArchiveShape): string[] {
  const years = shape.days.map((day: Day) => Number(day.slice(0, 4)));
  const first = years[0] ?? 1970;
  const last = (years.at(-1) ?? first) + 1;
  const ranges =
    shape.layout === 'dt'
      ? [
          "'projection.dt.type' = 'date', 'projection.dt.format' = 'yyyy-MM-dd'",
          `'projection.dt.range' = '${shape.days[0] ?? '1970-01-01'},NOW', 'projection.dt.interval' = '1', 'projection.dt.interval.unit' = 'DAYS'`,
        ]
      : [
          integerRange('year', `${String(first).padStart(4, '0')},${String(last).padStart(4, '0')}`, 4),
          integerRange('month', '1,12', 2),
          integerRange('day', '1,31', 2),
        ];
  const folders = partitionNames(shape).map((name) =>
    shape.layout === 'plain' ? `\${${name}}/` : `${name}=\${${name}}/`,
  );
  return [
    "'projection.enabled' = 'true'",
    ...ranges,
    `'storage.location.template' = 's3://${shape.bucket}/${shape.folder}${folders.join('')}'`,
  ];
}

function integerRange(name: string, range: string, digits: number): string {
  const key = `projection.${name}`;
  return `'${key}.type' = 'integer', '${key}.range' = '${range}', '${key}.digits' = '${digits}'`;
}
