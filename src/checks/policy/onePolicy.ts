import { formatTableName } from '../../model/tableName.ts';
import { type Check, refuse } from '../check.ts';
import type { IdentityFacts } from '../table/facts.ts';

/** Where the server compares names without case, two spellings are one table: it would be archived and purged twice over. */
export const onePolicy: Check<IdentityFacts> = {
  name: 'onePolicy',
  scope: 'policy',
  when: ['doctor', 'run', 'slice'],
  run({ identity, policy, policies }) {
    if (identity.lowerCase === 0) return [];
    const [own, ...others] = [policy, ...policies].map(formatTableName);
    const other = others.find((each) => each !== own && each.toLowerCase() === own?.toLowerCase());
    if (!other) return [];
    return refuse(
      `${own} and ${other} are one table on this server (lower_case_table_names is ${identity.lowerCase})`,
      'take one of the two policies out',
    );
  },
};
