import { setCurrentDetails } from '@temporalio/workflow';
import type { HealResult } from '../heal/result.ts';
import { sourceActivities, type Timeouts } from './activities.ts';
import { checkInput } from './invalidInput.ts';
import { startPurge } from './purge/startPurge.ts';
import { attributeWriter } from './searchAttributes.ts';

export interface HealDayInput {
  source: string;
  /** `db.table`, a part that holds a dot in backticks. */
  table: string;
  /** `YYYY-MM-DD` */
  day: string;
  timeouts?: Timeouts;
}

export interface HealDayResult extends HealResult {
  /** Whether the table's purge goes on. It doesn't while it is held, nor where the policy says purge: disabled. */
  purges: boolean;
  /** All of it in a sentence. */
  summary: string;
}

const fields = { source: 'source', table: 'table', day: 'day', timeouts: 'timeouts?' } as const;
const example = '{"source": "bank-primary", "table": "shop.orders", "day": "2026-09-15"}';

/** Archives a stopped day as it is now, because a person asked: past `drift: stop` and the bound of heals. Then the purge goes on. */
export async function healDay(input: HealDayInput): Promise<HealDayResult> {
  checkInput(input, fields, example);
  const { source, table, day, timeouts } = input;
  const { planning, healing } = sourceActivities(source, timeouts);
  const { cutoff, policyHash, purge, searchAttributes } = await planning.planHeal({ table, day });
  const writeAttributes = attributeWriter(searchAttributes);
  const show = (phase: string, text: string) => {
    writeAttributes({ table, day, phase });
    setCurrentDetails(text);
  };
  show('healing', `**${table}** ${day}: comparing the archive with the table`);
  const found = await healing.healPartition.executeWithOptions({ summary: `${day}, heal` }, [
    { table, day, asked: true },
  ]);
  const purges = purge && !found.held;
  const summary = inWords(table, day, found);
  show(found.held ? 'waiting' : 'healed', summary);
  if (purges) await startPurge({ source, table, cutoff, policyHash, searchAttributes, timeouts });
  return { ...found, purges, summary };
}

function inWords(table: string, day: string, { held, added, changed, removed, left, parts }: HealResult): string {
  if (held) return `${table} ${day} is not healed: held by ${held}`;
  const stay = left > 0 ? `; ${left} rows stay in the table, for the archive has their key with other values` : '';
  if (parts === 0) return `${table} ${day}: the table holds nothing that the archive lacks${stay}`;
  return (
    `${table} ${day} healed: ${added} rows added, ${changed} changed, ${removed} removed; ${parts} ` +
    `${parts === 1 ? 'part' : 'parts'} written, read back and proved${stay}`
  );
}
