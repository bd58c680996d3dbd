import type { Column } from '../archive/column.ts';
import type { TableSchema } from '../mysql/schema/tableSchema.ts';
import type { Session } from '../mysql/session/session.ts';

/** What a row that was there before its column has in it, by the column's place in the file; left out where it is NULL or computed. */
export async function columnDefaults(
  session: Session,
  { catalogue, columns }: Pick<TableSchema, 'catalogue' | 'columns'>,
): Promise<Map<number, string>> {
  const rows = await session.rows(
    `SELECT COLUMN_NAME AS name, COLUMN_DEFAULT AS given, EXTRA AS extra FROM information_schema.COLUMNS
     WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?`,
    [catalogue.database, catalogue.table],
  );
  const byName = new Map(
    rows.map(({ name, given, extra }) => [String(name), { given: given ?? null, extra: extra ?? '' }]),
  );
  const defaults = new Map<number, string>();
  for (const [field, column] of columns.entries()) {
    const found = byName.get(column.name);
    if (!found || column.dropped || column.generated) continue;
    const value = literalDefault(found) ?? (column.nullable ? undefined : implicitDefault(column));
    if (value !== undefined) defaults.set(field, value);
  }
  return defaults;
}

/** MariaDB quotes texts, and writes NULL as one; MySQL marks expressions. */
function literalDefault({ given, extra }: { given: string | null; extra: string }): string | undefined {
  if (given === null || given === 'NULL' || /DEFAULT_GENERATED/.test(extra)) return undefined;
  const quoted = /^'((?:[^']|'')*)'$/s.exec(given)?.[1];
  if (quoted !== undefined) return quoted.replaceAll("''", "'");
  return /\(/.test(given) ? undefined : given;
}

/** What both servers fill in for a column that is NOT NULL and has no DEFAULT. */
function implicitDefault({ dataType, columnType }: Column): string | undefined {
  if (dataType === 'enum') return /^enum\('((?:[^']|'')*)'/i.exec(columnType)?.[1]?.replaceAll("''", "'");
  if (dataType === 'date') return '0000-00-00';
  if (dataType === 'datetime' || dataType === 'timestamp') return `0000-00-00 00:00:00${fraction(columnType)}`;
  if (dataType === 'time') return `00:00:00${fraction(columnType)}`;
  if (dataType === 'year') return '0000';
  if (dataType === 'decimal') {
    const digits = Number(/,(\d+)\)/.exec(columnType)?.[1] ?? 0);
    return digits === 0 ? '0' : `0.${'0'.repeat(digits)}`;
  }
  if (/int$|^float$|^double$|^bit$/.test(dataType)) return '0';
  return /char$|text$|blob$|^varbinary$|^set$/.test(dataType) ? '' : undefined;
}

function fraction(columnType: string): string {
  const digits = Number(/\((\d)\)/.exec(columnType)?.[1] ?? 0);
  return digits === 0 ? '' : `.${'0'.repeat(digits)}`;
}
