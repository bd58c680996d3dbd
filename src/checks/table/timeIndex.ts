import { identifier, qualified } from '../../mysql/quote.ts';
import type { Index } from '../../mysql/schema/tableFacts.ts';
import { type Check, refuse } from '../check.ts';
import type { TableCheckFacts } from './facts.ts';

/** Every range of a day goes over one index; without it each chunk would read the whole table. */
export const timeIndex: Check<TableCheckFacts> = {
  name: 'timeIndex',
  scope: 'table',
  when: ['doctor', 'run', 'slice'],
  run({ table, policy }) {
    const time = policy.timeColumn;
    // A column that isn't there, or holds no time, is another check's finding.
    if (!table.columns.some(({ name, dataType }) => name === time && /^(date|datetime|timestamp)$|int$/.test(dataType)))
      return [];
    const leading = table.indexes.filter((index) => leadsWith(index, time));
    if (leading.some(({ visible }) => visible)) return [];
    const tableSql = qualified(table.identity.name.database, table.identity.name.table);
    const [hidden] = leading;
    if (hidden)
      return refuse(
        `no index that the optimizer may use leads with ${time}: ${hidden.name} is invisible`,
        `ALTER TABLE ${tableSql} ALTER INDEX ${identifier(hidden.name)} VISIBLE (on MariaDB: NOT IGNORED)`,
      );
    return refuse(`no index leads with ${time}`, `ALTER TABLE ${tableSql} ADD INDEX (${identifier(time)})`);
  },
};

/** Its first part is the whole column, not an expression and not a prefix. */
function leadsWith({ parts, type }: Index, column: string): boolean {
  return type === 'BTREE' && parts[0]?.column === column && parts[0].prefix === null;
}

/** The index whose order is the cursor's own (InnoDB appends the primary key to a secondary index), else any that leads with the time column. */
export function chooseIndex(indexes: readonly Index[], cursor: readonly { name: string }[]): string | undefined {
  const usable = indexes.filter((index) => index.visible && leadsWith(index, cursor[0]?.name ?? ''));
  const ordered = usable.find(({ parts }) =>
    parts.every(({ column, prefix }, position) => column === cursor[position]?.name && prefix === null),
  );
  return (ordered ?? usable[0])?.name;
}
