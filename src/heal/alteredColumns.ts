import type { Column } from '../archive/column.ts';
import type { AlteredColumns } from '../archive/emptiedValues.ts';
import type { TableSchema } from '../mysql/schema/tableSchema.ts';
import type { Session } from '../mysql/session/session.ts';

interface CatalogueDefault {
  given: string | null;
  extra: string;
}

/**
 * What the columns hold in rows that were there before them, and which of them have another type than in the archive.
 * @param archived the columns as the manifest has them, in file order as those of the schema
 */
export async function alteredColumns(
  session: Session,
  { catalogue, columns }: Pick<TableSchema, 'catalogue' | 'columns'>,
  archived: readonly Column[],
): Promise<AlteredColumns> {
  const rows = await session.rows(
    `SELECT COLUMN_NAME AS name, COLUMN_DEFAULT AS given, EXTRA AS extra FROM information_schema.COLUMNS
     WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?`,
    [catalogue.database, catalogue.table],
  );
  const byName = new Map(
    rows.map(({ name, given, extra }) => [String(name), { given: given ?? null, extra: extra ?? '' }]),
  );
  const defaults = new Map<number, string>();
  const computed = new Map<number, 'once' | 'each'>();
  const retyped = new Map<number, 'exact' | 'other'>();
  for (const [field, column] of columns.entries()) {
    const found = byName.get(column.name);
    if (!found || column.dropped) continue;
    const before = archived[field];
    if (before && before.columnType !== column.columnType) retyped.set(field, isExact(column) ? 'exact' : 'other');
    if (column.generated) {
      if (before && !before.generated) computed.set(field, 'each');
      continue;
    }
    const how = computedDefault(found);
    if (how) computed.set(field, how);
    const value = literalDefault(found) ?? (column.nullable || how ? undefined : implicitDefault(column));
    if (value !== undefined) defaults.set(field, value);
  }
  return { defaults, computed, retyped };
}

function isExact({ dataType }: Column): boolean {
  return /int$|^decimal$|^bit$|^year$|^date$|^datetime$|^timestamp$|^time$/.test(dataType);
}

/** An expression: MySQL marks it, MariaDB writes texts in quotes and numbers bare. */
function isExpression({ given, extra }: CatalogueDefault): boolean {
  if (given === null || given === 'NULL') return false;
  if (/DEFAULT_GENERATED/.test(extra)) return true;
  return /^[a-z_]+\(.*\)$|`/is.test(given);
}

const clock = /^(current_timestamp|now|curdate|current_date|curtime|current_time|localtime|localtimestamp|utc_\w+)\b/i;

/** Left out where each update writes the time: then other values say nothing of an ALTER. */
function computedDefault(found: CatalogueDefault): 'once' | 'each' | undefined {
  if (/auto_increment/i.test(found.extra)) return 'each';
  if (/on update/i.test(found.extra) || !isExpression(found)) return undefined;
  return clock.test(found.given ?? '') ? 'once' : 'each';
}

/** MariaDB quotes texts, and writes NULL as one; MySQL marks expressions. */
function literalDefault(found: CatalogueDefault): string | undefined {
  const { given } = found;
  if (given === null || given === 'NULL' || isExpression(found)) return undefined;
  const bits = /^b'([01]+)'$/.exec(given)?.[1];
  if (bits !== undefined) return BigInt(`0b${bits}`).toString();
  const quoted = /^'((?:[^']|'')*)'$/s.exec(given)?.[1];
  return quoted === undefined ? given : quoted.replaceAll("''", "'");
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
