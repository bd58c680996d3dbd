import { undatedDay } from '../../model/day.ts';
import type { ArchiveShape } from '../archiveShape.ts';
import { commonNotes } from '../notes.ts';
import { type Naming, type Piece, plainName, type Script } from '../script.ts';
import { dayFolder, partitionNames, partitionValues, rawColumns } from '../selectList.ts';
import { trinoView } from '../trinoSql.ts';

/** Trino with its Hive connector, in the catalogue `hive` unless the schema names another: `lake.arch`. */
export function trinoScript(shape: ArchiveShape, naming: Naming): Script {
  const [last = '', catalog = 'hive'] = naming.schema.split('.').reverse();
  const schema = plainName(last);
  const names = { ...naming, schema: `${catalog}.${schema}`, view: plainName(naming.view) };
  const raw = `${names.schema}.${names.view}_csv`;
  return {
    notes: [
      ...commonNotes(shape, naming),
      ...(shape.layout === 'plain'
        ? [
            'A day that came later takes its own register_partition; one that is registered already is refused.',
            'It wants hive.allow-register-partition-procedure=true in the catalogue’s properties.',
          ]
        : ['To take in days that came later, run the partitions’ statement again.']),
    ],
    pieces: [
      { name: 'schema', statement: `CREATE SCHEMA IF NOT EXISTS ${names.schema}` },
      { name: 'rawTable', statement: rawTable(shape, raw) },
      ...partitions(shape, { catalog, schema, table: `${names.view}_csv` }),
      { name: 'view', statement: trinoView(shape, names, raw) },
    ],
  };
}

function rawTable(shape: ArchiveShape, raw: string): string {
  const partitioned = partitionNames(shape);
  const columns = [...rawColumns(shape), ...partitioned].map((name) => `${name} varchar`);
  return (
    `CREATE TABLE IF NOT EXISTS ${raw} (${columns.join(', ')})\n` +
    `WITH (format = 'CSV', csv_separator = ',', csv_quote = '"', csv_escape = U&'\\001A', ` +
    `partitioned_by = ARRAY[${quoted(partitioned)}],\n  external_location = 's3://${shape.bucket}/${shape.folder}')`
  );
}

function partitions(shape: ArchiveShape, table: { catalog: string; schema: string; table: string }): Piece[] {
  const call = `CALL ${table.catalog}.system`;
  const name = `'${table.schema}', '${table.table}'`;
  if (shape.layout !== 'plain')
    return [{ name: 'partitions', statement: `${call}.sync_partition_metadata(${name}, 'FULL')` }];
  const days = shape.undated ? [undatedDay, ...shape.days] : shape.days;
  return days.map((day) => ({
    name: `partition ${day}`,
    statement:
      `${call}.register_partition(${name}, ARRAY[${quoted(partitionNames(shape))}], ` +
      `ARRAY[${quoted(partitionValues(shape, day))}], 's3://${shape.bucket}/${shape.folder}${dayFolder(shape, day)}')`,
  }));
}

function quoted(values: readonly string[]): string {
  return values.map((value) => `'${value}'`).join(', ');
}
