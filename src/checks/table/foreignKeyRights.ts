import { type Check, refuse } from '../check.ts';
import type { RightsFacts } from './facts.ts';
import { roleHint } from './roleHint.ts';

/** InnoDB's list of foreign keys takes PROCESS; every other view hides the keys of tables that the user has no right to. */
export const foreignKeyRights: Check<RightsFacts> = {
  name: 'foreignKeyRights',
  scope: 'table',
  when: ['doctor', 'run', 'slice'],
  run({ rights }) {
    if (rights.seesForeignKeys) return [];
    return refuse(
      `the user may not see every foreign key on it, so a cascade could not be refused${roleHint(rights)}`,
      'GRANT PROCESS, as sediment doctor --grants prints it',
    );
  },
};
