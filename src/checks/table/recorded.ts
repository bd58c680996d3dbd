import { formatTableName } from '../../model/tableName.ts';
import { type Check, type Finding, refuse } from '../check.ts';
import type { RecordFacts } from './facts.ts';

/** What is recorded, and the line of the config that says it. */
const lines = {
  source: 'source.name',
  timeColumn: 'timeColumn',
  timeKind: 'timeKind',
  zone: 'zone',
  prefix: 'store.prefix',
  layout: 'store.layout',
} as const;

/** The first export fixes a table's time column and its unit, zone, source, prefix and layout: with others, other rows would go. */
export const recorded: Check<RecordFacts> = {
  name: 'recorded',
  scope: 'table',
  when: ['doctor', 'run', 'slice'],
  run({ recorded: record, spellings, lowerCase, kind, policy, config }) {
    const [other] = lowerCase > 0 ? spellings : [];
    if (other)
      return refuse(
        `its archive was begun as ${formatTableName(other)}, which is the same table on this server`,
        `write table: ${formatTableName(other)}`,
      );
    if (!record) return [];
    const now: Record<keyof typeof lines, string | undefined> = {
      source: config?.source.name,
      timeColumn: policy.timeColumn,
      timeKind: kind && unitOf(kind),
      zone: policy.zone,
      prefix: config?.store.prefix,
      layout: config?.store.layout,
    };
    return (Object.keys(lines) as (keyof typeof lines)[]).flatMap((name): Finding[] => {
      const fixed = name === 'timeKind' ? record.timeKind && unitOf(record.timeKind) : record[name];
      const value = now[name];
      if (value === undefined || fixed === undefined || fixed === value) return [];
      return refuse(
        `its archive was begun with ${name} "${fixed}", ${name === 'timeKind' ? 'and by the policy or the column it is' : 'the config says'} "${value}"`,
        `put ${lines[name]}: "${fixed}" back`,
      );
    });
  },
};

/** Types of the calendar change into each other by an ALTER; whether their days still adjoin is looked at by windows. */
function unitOf(kind: string): string {
  return kind.startsWith('epoch') ? kind : 'calendar';
}
