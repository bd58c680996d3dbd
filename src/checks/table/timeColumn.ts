import { nearest } from '../../config/nearest.ts';
import { type Check, refuse } from '../check.ts';
import type { TableCheckFacts } from './facts.ts';

const times = ['date', 'datetime', 'timestamp'];

/** The column that tells a row's day must be there and hold a time. */
export const timeColumn: Check<TableCheckFacts> = {
  name: 'timeColumn',
  scope: 'table',
  when: ['doctor', 'run', 'slice'],
  run({ table, policy }) {
    const column = table.columns.find(({ name }) => name === policy.timeColumn);
    if (!column) {
      const near = nearest(
        policy.timeColumn,
        table.columns.map(({ name }) => name),
      );
      const instead = near
        ? `did you mean timeColumn: ${near}?`
        : 'timeColumn names a column of the table, spelled as there';
      return refuse(`it has no column ${policy.timeColumn}`, instead);
    }
    if (times.includes(column.dataType)) return [];
    if (!column.dataType.endsWith('int'))
      return refuse(`${column.name} is ${column.dataType}, which holds no time`, 'name another column as timeColumn');
    if (policy.timeKind) return [];
    return refuse(`${column.name} is ${column.dataType}`, 'say timeKind: epochSeconds or timeKind: epochMillis');
  },
};
