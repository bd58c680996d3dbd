import { qualified } from '../../mysql/quote.ts';
import { type Check, refuse } from '../check.ts';
import type { IdentityFacts } from './facts.ts';

/** Only InnoDB rolls a delete back with its account. Both servers refuse native partitions of mixed engines, so one name says all. */
export const engine: Check<IdentityFacts> = {
  name: 'engine',
  scope: 'table',
  when: ['doctor', 'run', 'slice'],
  run({ identity }) {
    if (identity.type !== 'BASE TABLE' || identity.engine?.toLowerCase() === 'innodb') return [];
    const name = identity.name ?? identity.requested;
    return refuse(
      `its engine is ${identity.engine ?? 'one that the server can’t open'}, and only InnoDB can roll a delete back together with the account of it`,
      `ALTER TABLE ${qualified(name.database, name.table)} ENGINE = InnoDB`,
    );
  },
};
