import type { Config } from '../../config/load.ts';
import { findPolicy } from '../../config/policy.ts';
import { formatTableName } from '../../model/tableName.ts';
import { type Pace, paceBounds } from '../../pacing/operatorPace.ts';
import { paceModes } from '../../pacing/spread.ts';
import { WrongUse } from '../explain/explain.ts';
import { type CommonOptions, exitCodes, print } from '../output.ts';
import { changePace, type PurgeAnswer } from './purgeUpdates.ts';

export interface PaceOptions extends CommonOptions {
  rowsPerSecond?: string;
  targetMillis?: string;
  restRatio?: string;
  steady?: boolean;
  asap?: boolean;
  full?: boolean;
  policy?: boolean;
}

export function checkPace(options: PaceOptions): void {
  paceOf(options);
}

/** Sets the pace of the purge that runs, until it ends; `--policy` goes back to the policy's. What isn't named is the policy's. */
export async function pace(config: Config, options: PaceOptions, named: string): Promise<number> {
  const table = formatTableName(findPolicy(config, named));
  const wanted = paceOf(options);
  const purge = await changePace(config, table, wanted);
  print(options, { table, pace: wanted, purge }, [answerLine(table, purge)]);
  return purge.kind === 'told' ? exitCodes.ok : exitCodes.failed;
}

function answerLine(table: string, purge: PurgeAnswer): string {
  switch (purge.kind) {
    case 'told':
      return purge.answer.pace
        ? `${table} goes at ${inWords(purge.answer.pace)}, until this purge ends.`
        : `${table} goes at its policy’s own pace.`;
    case 'notRunning':
      return `No purge of ${table} is running; the next one has the pace of its policy.`;
    case 'untold':
      return `The pace of ${table} is unchanged: ${purge.why}.`;
  }
}

const paceOptions = {
  rowsPerSecond: { option: '--rows-per-second', whole: true, example: ' Write 5000, or 0 for no limit.' },
  targetMillis: { option: '--target-millis', whole: true, example: '' },
  restRatio: { option: '--rest-ratio', whole: false, example: '' },
} as const;

/** @throws WrongUse */
function paceOf(options: PaceOptions): Pace | null {
  const found: Pace = {};
  for (const key of ['rowsPerSecond', 'targetMillis', 'restRatio'] as const) {
    const text = options[key];
    if (text !== undefined) found[key] = numberOf(key, text);
  }
  const modes = paceModes.filter((mode) => options[mode]);
  if (modes.length > 1) throw new WrongUse(`name one of ${modes.map((mode) => `--${mode}`).join(' and ')}`);
  if (modes[0]) found.pace = modes[0];
  const isNamed = Object.keys(found).length > 0;
  if (options.policy && isNamed) throw new WrongUse('name a pace, or --policy, not both');
  if (options.policy) return null;
  if (isNamed) return found;
  throw new WrongUse(
    'name a pace: --steady, --asap, --full, --rows-per-second, --target-millis, --rest-ratio, or --policy for its own',
  );
}

function numberOf(key: keyof typeof paceOptions, text: string): number {
  const { option, whole, example } = paceOptions[key];
  if (!(whole ? /^\d+$/ : /^\d+(\.\d+)?$/).test(text))
    throw new WrongUse(`${option} "${text}" is no ${whole ? 'whole ' : ''}number.${example}`);
  const { min, max } = paceBounds[key];
  const number = Number(text);
  if (number < min || number > max) throw new WrongUse(`${option}: ${number} isn't between ${min} and ${max}`);
  return number;
}

const modeWords = {
  steady: 'a steady pace, spread over the day',
  asap: 'what others’ latency allows',
  full: 'full pace, whatever others feel',
} as const;

function inWords({ rowsPerSecond, targetMillis, restRatio, pace: mode }: Pace): string {
  const parts: string[] = mode ? [modeWords[mode]] : [];
  if (rowsPerSecond === 0) parts.push('no limit of its own');
  else if (rowsPerSecond !== undefined) parts.push(`${rowsPerSecond} rows a second at most`);
  if (targetMillis !== undefined) parts.push(`${targetMillis} ms a transaction`);
  if (restRatio !== undefined) parts.push(`a rest of ${restRatio} × what each took`);
  return parts.join(', ');
}
