import type { ArchiveShape } from '../archiveShape.ts';
import { commonNotes } from '../notes.ts';
import { listed, type Naming, plainName, type Script } from '../script.ts';
import { partitionNames, selectList, viewSource } from '../selectList.ts';
import { pathColumns, sparkDialect, stringColumns } from '../sparkSql.ts';

/** Databricks SQL: views over read_files, under an external location of Unity Catalog. */
export function databricksScript(shape: ArchiveShape, naming: Naming): Script {
  const dialect = sparkDialect(shape);
  const schema = naming.schema.split('.').map(plainName).join('.');
  const view = `${schema}.${plainName(naming.view)}`;
  const named = shape.layout !== 'plain';
  const schemaOf = named
    ? partitionNames(shape)
        .map((name) => `, ${name} STRING`)
        .join('')
    : '';
  const partitions = named ? `,\n  partitionColumns => '${partitionNames(shape).join(',')}'` : '';
  return {
    notes: [...commonNotes(shape, naming), 'The bucket is an external location that you may read: GRANT READ FILES.'],
    pieces: [
      { name: 'schema', statement: `CREATE SCHEMA IF NOT EXISTS ${schema}` },
      {
        name: 'rawTable',
        statement:
          `CREATE OR REPLACE VIEW ${view}_csv AS\nSELECT *${pathColumns(shape, '_metadata.file_path')}\n` +
          `FROM read_files('s3://${shape.bucket}/${shape.folder}', format => 'csv', schema => '${stringColumns(shape)}${schemaOf}',\n` +
          `  header => false, sep => ',', quote => '"', escape => '"', nullValue => r'\\N', multiLine => false, mode => 'PERMISSIVE',\n` +
          `  ignoreLeadingWhiteSpace => false, ignoreTrailingWhiteSpace => false,\n` +
          `  fileNamePattern => '*.csv*'${partitions})`,
      },
      {
        name: 'view',
        statement:
          `CREATE OR REPLACE VIEW ${view} AS\nSELECT ${listed(selectList(shape, dialect, naming.dates))}\n` +
          `FROM ${viewSource(shape, `${view}_csv`, dialect, 'file_path')}`,
      },
    ],
  };
}
