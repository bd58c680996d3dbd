import { type Check, refuse } from '../check.ts';
import type { RightsFacts } from './facts.ts';
import { roleHint } from './roleHint.ts';

/** MySQL shows no trigger to a user without TRIGGER: one that can't be seen can't be refused, and would fire. */
export const triggerRights: Check<RightsFacts> = {
  name: 'triggerRights',
  scope: 'table',
  when: ['doctor', 'run', 'slice'],
  run({ rights }) {
    if (rights.seesTriggers) return [];
    return refuse(
      `the user may not see its triggers, so a delete trigger could not be refused${roleHint(rights)}`,
      'GRANT TRIGGER on the table, as sediment doctor --grants prints it',
    );
  },
};
