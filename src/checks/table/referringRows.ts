import { formatTableName } from '../../model/tableName.ts';
import { type Check, type Finding, warn } from '../check.ts';
import { namesTable, type TableCheckFacts, tableName } from './facts.ts';

/** Foreign keys that forbid a delete: a purge stops at the first row that is referred to, which is better known before. */
export const referringRows: Check<TableCheckFacts> = {
  name: 'referringRows',
  scope: 'table',
  when: ['doctor'],
  run(facts) {
    const { table, policy, policies } = facts;
    if (policy.purge === 'disabled') return [];
    const { lowerCase } = table.identity;
    return table.forbidding.flatMap(({ constraint, child }): Finding[] => {
      const from = formatTableName(child);
      if (namesTable([tableName(facts)], child, lowerCase))
        return warn(
          `its rows refer to each other by its own foreign key ${constraint}: a purge stops at the first row that a younger one refers to`,
          'drop the key, set its column to NULL before the rows are due, or write purge: disabled',
        );
      if (namesTable(policies.map(formatTableName), child, lowerCase))
        return warn(
          `rows of ${from} refer to it by the foreign key ${constraint}: a purge stops where they are still there`,
          `give ${from} a retention that isn't longer`,
        );
      return warn(
        `rows of ${from} refer to it by the foreign key ${constraint}, and ${from} has no policy: a purge stops at the first such row, and never goes on`,
        `give ${from} a policy, drop the key, or write purge: disabled`,
      );
    });
  },
};
