import { type Check, refuse } from '../check.ts';
import type { RightsFacts } from './facts.ts';
import { roleHint } from './roleHint.ts';

/** A purge without the right to delete would be tried again for ever. */
export const deleteRight: Check<RightsFacts> = {
  name: 'deleteRight',
  scope: 'table',
  when: ['slice'],
  run({ rights }) {
    if (!rights.lacking.includes('DELETE')) return [];
    return refuse(
      `the user has no DELETE on it${roleHint(rights)}`,
      'GRANT DELETE on the table, as sediment doctor --grants prints it, or write purge: disabled',
    );
  },
};
