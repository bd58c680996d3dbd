import { qualified } from '../../mysql/quote.ts';
import { type Check, refuse } from '../check.ts';
import type { LedgerFacts } from './facts.ts';

/** Only InnoDB rolls the account back together with the delete that it counts. */
export const ledgerEngine: Check<LedgerFacts> = {
  name: 'ledgerEngine',
  scope: 'table',
  when: ['doctor', 'run', 'slice'],
  run({ ledger, foreign }) {
    const [first] = foreign;
    if (!first) return [];
    const alters = foreign.map(({ table }) => `ALTER TABLE ${qualified(ledger, table)} ENGINE = InnoDB`);
    return refuse(
      `the engine of its ledger's table ${ledger}.${first.table} is ${first.engine}, which can't roll an account back together with the delete that it counts`,
      alters.join('; '),
    );
  },
};
