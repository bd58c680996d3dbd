import { nearest } from '../../config/nearest.ts';
import { formatTableName } from '../../model/tableName.ts';
import { type Check, refuse } from '../check.ts';
import { type IdentityFacts, namesTable } from './facts.ts';

const kinds: Record<string, { what: string; remedy: string }> = {
  VIEW: { what: 'a view', remedy: 'name the table that its rows stand in' },
  'SYSTEM VIEW': { what: 'a view of the server itself', remedy: 'take it out of the policy file' },
  SEQUENCE: { what: 'a sequence', remedy: 'take it out of the policy file' },
  'SYSTEM VERSIONED': {
    what: 'a system-versioned table, which keeps each deleted row as history and would not get smaller',
    remedy: 'ALTER TABLE … DROP SYSTEM VERSIONING, or take it out of the policy file',
  },
  TEMPORARY: { what: 'a temporary table', remedy: 'take it out of the policy file' },
};

const systemSchemas = ['mysql', 'sys', 'performance_schema', 'information_schema'];

/** Named for what it is, before anything else is asked of it. */
export const tableKind: Check<IdentityFacts> = {
  name: 'tableKind',
  scope: 'table',
  when: ['doctor', 'run', 'slice'],
  run({ identity: { type, name, requested, visible, lowerCase }, policies, ledger }) {
    if (name && namesTable(ledger.map(formatTableName), name, lowerCase))
      return refuse(
        'it is a table of Sediment’s own ledger, by which days are proved',
        'take it out of the policy file',
      );
    if (name && systemSchemas.includes(name.database.toLowerCase()))
      return refuse('it is a table of the server itself', 'take it out of the policy file');
    if (type === 'BASE TABLE') return [];
    const taken = new Set(policies.map(formatTableName));
    const near =
      type === null
        ? nearest(
            formatTableName(requested),
            visible.map(formatTableName).filter((name) => !taken.has(name)),
          )
        : undefined;
    if (near)
      return refuse(
        `there is no such table, or no right to read it${lowerCase === 0 ? ' (this server tells upper and lower case apart)' : ''}`,
        `did you mean ${near}? Write table: ${near}`,
      );
    if (type === null)
      return refuse(
        'there is no such table, or no right to read it',
        'look at the name in the policy file, then at the rights: sediment doctor --grants',
      );
    const { what, remedy } = kinds[type] ?? { what: `of kind ${type}`, remedy: 'take it out of the policy file' };
    return refuse(`it is ${what}: only base tables are archived`, remedy);
  },
};
