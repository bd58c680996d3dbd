import { type Check, type Finding, refuse } from '../check.ts';
import type { TableCheckFacts } from './facts.ts';

/** What a delete trigger does to other tables is archived nowhere. */
export const deleteTriggers: Check<TableCheckFacts> = {
  name: 'deleteTriggers',
  scope: 'table',
  when: ['doctor', 'run', 'slice'],
  run({ table, policy }) {
    return table.deleteTriggers.flatMap((trigger): Finding[] =>
      policy.allowTriggers?.includes(trigger)
        ? []
        : refuse(`the trigger ${trigger} runs on each delete`, 'drop it, or name it under allowTriggers'),
    );
  },
};
