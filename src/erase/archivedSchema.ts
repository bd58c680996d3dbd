import type { Column } from '../archive/column.ts';
import type { Manifest } from '../archive/manifest.ts';
import { Stopped } from '../job/attempt.ts';
import { formatTableName, type TableName } from '../model/tableName.ts';
import type { TableSchema } from '../mysql/schema/tableSchema.ts';

/** The table as it was when the day was archived: an erasure doesn't ask what has become of it since, nor whether it is there. */
export function archivedSchema(manifest: Manifest, { database, table }: TableName): TableSchema {
  const { timeColumn, primaryKey, source } = manifest;
  const columns: Column[] = manifest.columns.map(({ encoding: _, ...column }) => column);
  const named = (name: string) => {
    const found = columns.find((column) => column.name === name);
    if (!found)
      throw new Stopped(`${formatTableName({ database, table })} ${manifest.day}: its manifest has no column ${name}`);
    return found;
  };
  const time = named(timeColumn);
  const keys = primaryKey.map(named);
  return {
    database,
    table,
    catalogue: { database, table },
    innodb: { database, table },
    children: [],
    columns,
    timeColumn: time,
    primaryKey: keys,
    cursorColumns: [time, ...keys.filter((column) => column !== time)],
    lowerCase: 0,
    index: 'PRIMARY',
    ddl: source.ddl,
    ddlHash: source.ddlHash,
    fingerprint: '',
    rules: '',
  };
}
