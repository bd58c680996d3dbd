import { type Check, refuse } from '../check.ts';
import type { RightsFacts } from './facts.ts';
import { roleHint } from './roleHint.ts';

/** Both servers hide the columns that a user has no right to: what is hidden would be archived nowhere, and deleted. */
export const columnRights: Check<RightsFacts> = {
  name: 'columnRights',
  scope: 'table',
  when: ['doctor', 'run', 'slice'],
  run({ rights }) {
    if (!rights.lacking.includes('SELECT')) return [];
    return refuse(
      `the user has no SELECT on the whole table, so columns of it may be hidden and would be deleted unarchived${roleHint(rights)}`,
      'GRANT SELECT on the table, as sediment doctor --grants prints it',
    );
  },
};
