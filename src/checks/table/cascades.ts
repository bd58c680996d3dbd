import { formatTableName } from '../../model/tableName.ts';
import { type Check, type Finding, refuse } from '../check.ts';
import { namesTable, type TableCheckFacts, tableName } from './facts.ts';

/** Foreign keys that delete or change rows with the table's own, and those that follow from these: each is allowed by name. */
export const cascades: Check<TableCheckFacts> = {
  name: 'cascades',
  scope: 'table',
  when: ['doctor', 'run', 'slice'],
  run(facts) {
    const { table, policy } = facts;
    const { acting, identity } = table;
    return acting.flatMap(({ child, rule, through }): Finding[] => {
      const from = formatTableName(child);
      const own = namesTable([tableName(facts)], child, identity.lowerCase);
      if (!own && namesTable(policy.allowCascade, child, identity.lowerCase)) return [];
      const way = through.length > 0 ? `, by way of ${through.map(formatTableName).join(' and ')},` : '';
      return refuse(
        `ON DELETE ${rule} from ${from}${way} would change rows that are not archived`,
        own
          ? 'drop that rule of the foreign key'
          : `drop the rule, or name ${from} under allowCascade once it has a policy`,
      );
    });
  },
};
