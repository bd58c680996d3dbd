import { encodingOf, UnknownColumnType } from '../../archive/column.ts';
import { type Check, refuse } from '../check.ts';
import type { TableCheckFacts } from './facts.ts';

/** A type that the dialect has no rule for. */
export const columnTypes: Check<TableCheckFacts> = {
  name: 'columnTypes',
  scope: 'table',
  when: ['doctor', 'run', 'slice'],
  run({ table }) {
    return table.columns.flatMap((column) => {
      try {
        encodingOf(column);
        return [];
      } catch (error) {
        if (!(error instanceof UnknownColumnType)) throw error;
        const [message = '', remedy = ''] = error.message.split('; ');
        return refuse(message, remedy);
      }
    });
  },
};
