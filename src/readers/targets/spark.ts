import type { ArchiveShape } from '../archiveShape.ts';
import { commonNotes } from '../notes.ts';
import { listed, type Naming, type Script } from '../script.ts';
import { selectList, viewSource } from '../selectList.ts';
import { pathColumns, sparkDialect, stringColumns } from '../sparkSql.ts';

/** Spark SQL: temporary views over the objects, so that a session sees what is archived when it begins. */
export function sparkScript(shape: ArchiveShape, naming: Naming): Script {
  const dialect = sparkDialect(shape);
  const name = (suffix: string) => dialect.identifier(`${naming.view}${suffix}`);
  const recursive = shape.layout === 'plain' ? ", recursiveFileLookup 'true'" : '';
  return {
    notes: [
      ...commonNotes(shape, naming),
      'S3 is read by hadoop-aws: --packages org.apache.hadoop:hadoop-aws of your Spark’s Hadoop version.',
    ],
    pieces: [
      {
        name: 'files',
        statement:
          `CREATE OR REPLACE TEMPORARY VIEW ${name('_files')} (${stringColumns(shape)})\n` +
          `USING csv OPTIONS (path 's3a://${shape.bucket}/${shape.folder}', sep ',', quote '"', escape '"', nullValue r'\\N', ` +
          `multiLine 'false', header 'false', mode 'PERMISSIVE', ignoreLeadingWhiteSpace 'false', ` +
          `ignoreTrailingWhiteSpace 'false', maxCharsPerColumn '-1', pathGlobFilter '*.csv*'${recursive})`,
      },
      {
        name: 'rawTable',
        statement:
          `CREATE OR REPLACE TEMPORARY VIEW ${name('_csv')} AS\n` +
          `SELECT *${pathColumns(shape, 'input_file_name()')} FROM ${name('_files')}`,
      },
      {
        name: 'view',
        statement:
          `CREATE OR REPLACE TEMPORARY VIEW ${name('')} AS\nSELECT ${listed(selectList(shape, dialect, naming.dates))}\n` +
          `FROM ${viewSource(shape, name('_csv'), dialect, 'file_path')}`,
      },
    ],
  };
}
