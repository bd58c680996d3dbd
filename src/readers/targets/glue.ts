import { undatedDay } from '../../model/day.ts';
import type { ArchiveShape } from '../archiveShape.ts';
import { commonNotes } from '../notes.ts';
import { type Naming, type Piece, plainName, type Script } from '../script.ts';
import { dayFolder, partitionNames, partitionValues, rawColumns } from '../selectList.ts';

/** How Glue describes where a table's or a partition's objects are, and how they are read. */
export interface GlueStorage {
  Columns: { Name: string; Type: string }[];
  Location: string;
  InputFormat: string;
  OutputFormat: string;
  SerdeInfo: { SerializationLibrary: string; Parameters: Record<string, string> };
}

/** Glue's TableInput. */
export interface GlueTable {
  Name: string;
  TableType: string;
  Parameters: Record<string, string>;
  PartitionKeys: { Name: string; Type: string }[];
  StorageDescriptor: GlueStorage;
}

/** Glue's PartitionInput. */
export interface GluePartition {
  Values: string[];
  StorageDescriptor: GlueStorage;
}

/** The most partitions that Glue takes in one request. */
export const partitionsARequest = 100;

const stringColumn = (name: string) => ({ Name: name, Type: 'string' });

function storage(shape: ArchiveShape, below = ''): GlueStorage {
  return {
    Columns: rawColumns(shape).map(stringColumn),
    Location: `s3://${shape.bucket}/${shape.folder}${below}`,
    InputFormat: 'org.apache.hadoop.mapred.TextInputFormat',
    OutputFormat: 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat',
    SerdeInfo: {
      SerializationLibrary: 'org.apache.hadoop.hive.serde2.OpenCSVSerde',
      Parameters: { separatorChar: ',', quoteChar: '"', escapeChar: '\u001a' },
    },
  };
}

/** The raw table as Glue's catalogue holds it: every column a string, named by its position. */
export function glueTable(shape: ArchiveShape, view: string): GlueTable {
  return {
    Name: `${plainName(view)}_csv`,
    TableType: 'EXTERNAL_TABLE',
    Parameters: { EXTERNAL: 'TRUE', classification: 'csv', 'sediment.table': `${shape.database}.${shape.table}` },
    PartitionKeys: partitionNames(shape).map(stringColumn),
    StorageDescriptor: storage(shape),
  };
}

/** A partition for each archived day, that of the rows without a day among them. */
export function gluePartitions(shape: ArchiveShape): GluePartition[] {
  const days = shape.undated ? [undatedDay, ...shape.days] : shape.days;
  return days.map((day) => ({
    Values: partitionValues(shape, day),
    StorageDescriptor: storage(shape, dayFolder(shape, day)),
  }));
}

/** The Glue Data Catalog, by the AWS CLI: the raw table and its partitions, for Athena, Spectrum, Glue jobs and EMR. */
export function glueScript(shape: ArchiveShape, naming: Naming): Script {
  const database = plainName(naming.schema);
  const { region } = shape;
  const cli = `aws glue --region ${region}`;
  const table = glueTable(shape, naming.view);
  const all = gluePartitions(shape);
  const pieces: Piece[] = [
    {
      name: 'database',
      statement: `${cli} get-database --name ${database} >/dev/null 2>&1 || ${cli} create-database --database-input '{"Name":"${database}"}'`,
    },
    {
      name: 'rawTable',
      statement:
        `table=${quoted(JSON.stringify(table))}\n` +
        `${cli} update-table --database-name ${database} --table-input "$table" 2>/dev/null || \\\n` +
        `  ${cli} create-table --database-name ${database} --table-input "$table"`,
    },
  ];
  for (let at = 0; at < all.length; at += partitionsARequest)
    pieces.push({
      name: `partitions ${at + 1} to ${Math.min(at + partitionsARequest, all.length)}`,
      statement:
        `${cli} batch-create-partition --database-name ${database} --table-name ${table.Name} \\\n` +
        `  --partition-input-list ${quoted(JSON.stringify(all.slice(at, at + partitionsARequest)))}`,
    });
  const notes = [
    ...commonNotes(shape, naming),
    'The view is Athena’s (--for athena, its last statement), Redshift’s (--for redshift) or Spark’s.',
    'A partition that is there already is reported, and left as it is.',
  ];
  return { notes, pieces };
}

/** A word of the shell; JSON escapes U+001A, so that no control character is in the script. */
function quoted(json: string): string {
  return `'${json.replaceAll("'", "'\\''")}'`;
}
