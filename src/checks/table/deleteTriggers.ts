import { qualified } from '../../mysql/quote.ts';
import { type Check, type Finding, refuse } from '../check.ts';
import type { TableCheckFacts } from './facts.ts';

/** What a delete trigger does to other tables is archived nowhere. */
export const deleteTriggers: Check<TableCheckFacts> = {
  name: 'deleteTriggers',
  scope: 'table',
  when: ['doctor', 'run', 'slice'],
  run({ table, policy }) {
    const { database } = table.identity.name;
    return table.deleteTriggers.flatMap((trigger): Finding[] =>
      policy.allowTriggers?.includes(trigger)
        ? []
        : refuse(
            `the trigger ${trigger} runs on each delete`,
            `DROP TRIGGER ${qualified(database, trigger)}, or name it under allowTriggers`,
          ),
    );
  },
};
