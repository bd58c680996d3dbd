import { type Column, encodingOf } from './column.ts';

/** How a table's columns have changed since a day was archived. */
export interface SchemaChange {
  /** Names of columns that the archive lacks: a purge would delete their values unarchived. */
  added: string[];
  /** Indexes in the file of the columns that were dropped since: their archived values stay. */
  dropped: Set<number>;
  /** Why rows can't be proved across the change, in words; a person has to look. */
  unbridged?: string;
}

/**
 * Compares a manifest's columns with the table's present ones, both in file order. A dropped column and an added one of the
 * same type look like a renaming, under which archived values would count as lost: the change isn't bridged.
 */
export function schemaChange(archived: readonly Column[], now: readonly Column[]): SchemaChange {
  const known = new Map(archived.map((column) => [column.name, column]));
  const added = now.filter((column) => !column.dropped && (known.get(column.name)?.dropped || !known.has(column.name)));
  const dropped = new Set<number>();
  let unbridged: string | undefined;
  for (const [position, column] of archived.entries()) {
    const current = now[position];
    const heirs =
      current?.formerly === column.name && !column.dropped ? now.filter(({ name }) => name === column.name) : [];
    if (heirs[0]) unbridged ??= retyped(column, heirs[0]);
    else if (current?.name !== column.name && current?.formerly !== column.name)
      unbridged ??= `column ${column.name} has lost its place in the file`;
    else if (current.dropped && !column.dropped) {
      dropped.add(position);
      const heir = added.find((each) => each.columnType === column.columnType);
      if (heir)
        unbridged ??=
          `column ${column.name} went and ${heir.name} came with the same type ${heir.columnType}, as by ALTER ` +
          `TABLE … RENAME COLUMN ${column.name} TO ${heir.name}`;
    } else if (!current.dropped && encodingOf(current) !== encodingOf(column)) unbridged ??= retyped(column, current);
  }
  return { added: added.map((column) => column.name), dropped, unbridged };
}

function retyped({ name, columnType }: Column, now: Column): string {
  return (
    `column ${name} was ${columnType} and is ${now.columnType}, as by ALTER TABLE … MODIFY ${name} ` +
    `${now.columnType}: the archive writes the two differently`
  );
}
