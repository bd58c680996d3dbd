import { qualified } from '../../mysql/quote.ts';
import { type Check, type Finding, refuse } from '../check.ts';
import type { TableCheckFacts } from './facts.ts';

const inexact = ['float', 'double', 'set', 'json'];

/** Rows are told apart and ordered by it: it must be there, have an exact order, and print no two keys alike. */
export const primaryKey: Check<TableCheckFacts> = {
  name: 'primaryKey',
  scope: 'table',
  when: ['doctor', 'run', 'slice'],
  run({ table }) {
    const primary = table.indexes.find(({ name }) => name === 'PRIMARY');
    if (!primary)
      return refuse(
        'it has no primary key, so its rows can’t be told apart',
        `add one: ALTER TABLE ${qualified(table.identity.name.database, table.identity.name.table)} ADD PRIMARY KEY (…)`,
      );
    return primary.parts.flatMap(({ column }): Finding[] => {
      const found = table.columns.find(({ name }) => name === column);
      const remedy = 'make the key of other columns';
      if (!found) return refuse(`its primary key holds ${column ?? 'an expression'}, which isn't a column`, remedy);
      if (inexact.includes(found.dataType))
        return refuse(
          `its primary key holds ${found.name}, of type ${found.dataType}, which has no exact order`,
          remedy,
        );
      // What was no member is stored under index 0, and prints as '' too.
      if (found.dataType === 'enum' && /[(,]''[,)]/.test(found.columnType))
        return refuse(
          `its primary key holds ${found.name}, an ENUM with the member '', which prints as an invalid value does`,
          remedy,
        );
      return [];
    });
  },
};
