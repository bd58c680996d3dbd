import { InvalidFilter } from '../../archive/rowFilter.ts';
import type { Config } from '../../config/load.ts';
import { findPolicy } from '../../config/policy.ts';
import { type FoundRow, findRows } from '../../find/findRows.ts';
import { Ledger } from '../../ledger/ledger.ts';
import type { Day } from '../../model/day.ts';
import { formatTableName } from '../../model/tableName.ts';
import { WrongUse } from '../explain/explain.ts';
import { type CommonOptions, exitCodes, print } from '../output.ts';
import { readOnly } from '../readOnly.ts';
import { counted, exact, size } from '../text/format.ts';
import { keyCondition } from './keyCondition.ts';
import { archivedDay, checkWanted, type WantedOptions } from './wanted.ts';

interface FindOptions extends CommonOptions, WantedOptions {
  key?: string[];
  superseded?: boolean;
  limit?: string;
}

const rowsAtMost = 100;

/** @throws WrongUse, InvalidDay */
export function checkFind(options: FindOptions): void {
  const { key, where } = options;
  if ((key === undefined) === (where === undefined)) throw new WrongUse('give --key or --where, one of them');
  checkWanted(options);
  rangeOf(options);
  limitOf(options);
}

function rangeOf({ day, from, to }: FindOptions): { from?: Day; to?: Day } {
  if (day !== undefined) return { from: archivedDay('--day', day), to: archivedDay('--day', day) };
  const range: { from?: Day; to?: Day } = {};
  if (from !== undefined) range.from = archivedDay('--from', from);
  if (to !== undefined) range.to = archivedDay('--to', to);
  return range;
}

function limitOf({ limit }: FindOptions): number {
  const number = Number(limit ?? rowsAtMost);
  if (Number.isInteger(number) && number >= 1 && number <= 100_000) return number;
  throw new WrongUse(`--limit "${limit}" isn't a whole number from 1 to 100000.`);
}

/** Which day, part and chunk holds a row, and the row. */
export async function find(config: Config, options: FindOptions, named: string): Promise<number> {
  const policy = findPolicy(config, named);
  const table = formatTableName(policy);
  return readOnly(config, async (session, source) => {
    const ledger = new Ledger(session, config.source.ledger);
    const where = options.where ?? (await keyCondition(source, ledger, policy, options.key ?? []));
    const search = { where, ...rangeOf(options), superseded: options.superseded ?? false, limit: limitOf(options) };
    const found = await findRows(source, ledger, policy, search).catch((error) => {
      if (error instanceof InvalidFilter) throw new WrongUse(error.message, { cause: error });
      throw error;
    });
    const { rows, more, days, chunksRead, bytesRead } = found;
    const read = `${counted(days, 'day')} looked at, ${counted(chunksRead, 'chunk')} (${size(bytesRead)}) read`;
    const none = `${table} has no archived row with ${where}; ${read}. Rows that were never archived may still be in the table.`;
    const lines = [
      ...rows.flatMap(rowLines),
      ...(more ? [`There may be more than ${exact(rows.length)}: --limit, or fewer days with --from and --to`] : []),
      `${counted(rows.length, 'row')}; ${read}.`,
    ];
    print(options, { table, where, ...found }, rows.length === 0 ? [none] : lines);
    return rows.length === 0 ? exitCodes.failed : exitCodes.ok;
  });
}

function rowLines({ day, part, pass, chunk, object, superseded, row }: FoundRow): string[] {
  const { key, versionId, offset, bytes } = object;
  const width = Math.max(...Object.keys(row).map((name) => name.length));
  return [
    `${day}  part ${part}, chunk ${chunk}, pass ${pass}${superseded ? ', replaced by a heal since' : ''}`,
    `  ${key} bytes ${offset}-${offset + bytes - 1}${versionId === null ? '' : ` version ${versionId}`}`,
    ...Object.entries(row).map(([name, value]) => `  ${name.padEnd(width)}  ${value ?? 'NULL'}`),
    '',
  ];
}
