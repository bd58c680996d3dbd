import { type Column, encodingOf } from './column.ts';

/** What became of a table's columns since a part was written. */
export interface SchemaChange {
  /** Names that the archive lacks: values that would be deleted unarchived. */
  added: string[];
  /** Places in the file of the columns dropped since: their archived values stay. */
  dropped: Set<number>;
  /** Why the proof can't go over the change, in words; a person has to look. */
  unbridged?: string;
}

/**
 * Compares the columns of a manifest with the table's of now, both in file order.
 * A column that went where another of the same type came is a renaming, which looks like lost values: it isn't bridged.
 */
export function schemaChange(archived: readonly Column[], now: readonly Column[]): SchemaChange {
  const known = new Map(archived.map((column) => [column.name, column]));
  const added = now.filter((column) => !column.dropped && (known.get(column.name)?.dropped || !known.has(column.name)));
  const dropped = new Set<number>();
  let unbridged: string | undefined;
  for (const [position, column] of archived.entries()) {
    const current = now[position];
    if (current?.name !== column.name) unbridged ??= `column ${column.name} has lost its place in the file`;
    else if (current.dropped && !column.dropped) {
      dropped.add(position);
      const heir = added.find((each) => each.columnType === column.columnType);
      if (heir)
        unbridged ??= `column ${column.name} went and ${heir.name} came with the same type ${heir.columnType}, as by ALTER TABLE … RENAME COLUMN ${column.name} TO ${heir.name}`;
    } else if (!current.dropped && encodingOf(current) !== encodingOf(column))
      unbridged ??= `column ${column.name} was ${column.columnType} and is ${current.columnType}, as by ALTER TABLE … MODIFY ${column.name} ${current.columnType}: the archive writes the two differently`;
  }
  return { added: added.map((column) => column.name), dropped, ...(unbridged ? { unbridged } : {}) };
}
