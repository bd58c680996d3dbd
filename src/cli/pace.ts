import type { Config } from '../config/load.ts';
import { findPolicy } from '../config/policy.ts';
import { formatTableName } from '../model/tableName.ts';
import { InvalidPace, type Pace, parsePace } from '../pacing/operatorPace.ts';
import { WrongUse } from './explain.ts';
import { type CommonOptions, exitCodes, print } from './output.ts';
import { updatePurges } from './purgeUpdates.ts';

export interface PaceOptions extends CommonOptions {
  rowsPerSecond?: string;
  targetMillis?: string;
  restRatio?: string;
  policy?: boolean;
}

/** Sets the pace of the purge that runs, until it ends; `--policy` takes back what was said. What isn't named is the policy's. */
export async function setPace(config: Config, options: PaceOptions, named: string): Promise<number> {
  const table = formatTableName(findPolicy(config, named));
  const pace = paceOf(options);
  const told = (await updatePurges(config, [table], 'setPace', pace)).get(table) ?? { kind: 'notRunning' };
  const said =
    told.kind === 'told'
      ? pace
        ? `${table} goes at ${inWords(pace)}, until this purge ends.`
        : `${table} goes at its policy’s own pace.`
      : told.kind === 'notRunning'
        ? `No purge of ${table} is running; the next one has the pace of its policy.`
        : `The pace of ${table} is unchanged: ${told.why}.`;
  print(options, { table, pace, purge: told }, [said]);
  return told.kind === 'told' ? exitCodes.ok : exitCodes.failed;
}

/** @throws WrongUse */
function paceOf({ rowsPerSecond, targetMillis, restRatio, policy }: PaceOptions): Pace | null {
  const said = { rowsPerSecond, targetMillis, restRatio };
  const given = Object.entries(said).filter(([, text]) => text !== undefined);
  if (policy && given.length > 0) throw new WrongUse('name a pace, or --policy, not both');
  if (policy) return null;
  if (given.length === 0)
    throw new WrongUse('name a pace: --rows-per-second, --target-millis, --rest-ratio, or --policy for its own');
  try {
    return parsePace(Object.fromEntries(given.map(([key, text]) => [key, numberOf(key, String(text))])));
  } catch (error) {
    if (!(error instanceof InvalidPace)) throw error;
    throw new WrongUse(`${optionOf(error.message.split(':')[0] ?? '')}:${error.message.split('. ')[0]?.split(':')[1]}`);
  }
}

function numberOf(key: string, text: string): number {
  const whole = key !== 'restRatio';
  if ((whole ? /^\d+$/ : /^\d+(\.\d+)?$/).test(text)) return Number(text);
  const wanted =
    key === 'rowsPerSecond' ? 'whole number. Write 5000, or 0 for no limit.' : `${whole ? 'whole ' : ''}number.`;
  throw new WrongUse(`${optionOf(key)} "${text}" is no ${wanted}`);
}

const optionOf = (key: string) => `--${key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

function inWords({ rowsPerSecond, targetMillis, restRatio }: Pace): string {
  return [
    ...(rowsPerSecond === undefined
      ? []
      : [rowsPerSecond === 0 ? 'no limit of its own' : `${rowsPerSecond} rows a second at most`]),
    ...(targetMillis === undefined ? [] : [`${targetMillis} ms a transaction`]),
    ...(restRatio === undefined ? [] : [`a rest of ${restRatio} × what each took`]),
  ].join(', ');
}
