import { once } from 'node:events';
import type { Config } from '../config/load.ts';
import { findPolicy } from '../config/policy.ts';
import { type HistoryRow, type HistoryWanted, readHistory } from '../ledger/history.ts';
import { withLedger } from '../ledger/withLedger.ts';
import { WrongUse } from './explain.ts';
import { type CommonOptions, exitCodes } from './output.ts';
import { screen } from './screen.ts';
import { dayOption } from './text/dayOption.ts';
import { csvHead, csvLine, historyLines } from './text/historyText.ts';

interface HistoryOptions extends CommonOptions {
  from?: string;
  to?: string;
  last?: string;
  csv?: boolean;
}

/** Left out: what fits into a person's scroll-back. */
const defaultLast = 200;

/** What happened, by whom and why, from the ledger; oldest first. It needs neither Temporal nor S3. */
export async function history(config: Config, options: HistoryOptions, table?: string): Promise<number> {
  const { json, csv } = options;
  const wanted = wantedOf(config, options, table);
  await withLedger(config.source, async ({ session, name }) => {
    const pages = readHistory(session, name, wanted);
    if (csv) return writeCsv(pages);
    if (json) return writeJson(pages, config.source.name);
    await writeLines(pages, wanted.newest);
  });
  return exitCodes.ok;
}

/** @throws WrongUse, InvalidDay */
export function checkHistory({ from, to, last, json, csv }: HistoryOptions): Pick<HistoryWanted, 'from' | 'to'> {
  if (json && csv) throw new WrongUse('--json or --csv, not both');
  const days = {
    from: from === undefined ? undefined : dayOption('--from', from),
    to: to === undefined ? undefined : dayOption('--to', to),
  };
  if (days.from && days.to && days.from > days.to) throw new WrongUse(`--from ${from} lies after --to ${to}`);
  if (last !== undefined && !/^[1-9]\d{0,8}$/.test(last))
    throw new WrongUse(`--last ${last}: a number of events, from 1`);
  return days;
}

/** @throws WrongUse, UnknownTable, InvalidDay */
function wantedOf(config: Config, options: HistoryOptions, table?: string): HistoryWanted {
  const { from, to, last, json, csv } = options;
  const days = checkHistory(options);
  const named = table === undefined ? undefined : findPolicy(config, table);
  const everything = json === true || csv === true || from !== undefined || to !== undefined;
  const newest = last === undefined ? (everything ? undefined : defaultLast) : Number(last);
  return { table: named, from: days.from, to: days.to, newest };
}

async function writeLines(pages: AsyncIterable<HistoryRow[]>, newest: number | undefined): Promise<void> {
  const { tty, width } = screen();
  let count = 0;
  for await (const rows of pages) {
    count += rows.length;
    for (const line of historyLines(rows, tty ? width : Number.MAX_SAFE_INTEGER)) await write(`${line}\n`);
  }
  if (count === 0) await write('Nothing has happened yet that the ledger knows of.\n');
  else if (count === newest)
    process.stderr.write(`The newest ${newest}; older ones: --from <day>, or --last <number>\n`);
}

async function writeCsv(pages: AsyncIterable<HistoryRow[]>): Promise<void> {
  await write(`${csvHead}\r\n`);
  for await (const rows of pages) await write(`${rows.map(csvLine).join('\r\n')}\r\n`);
}

/** One document, written as it is read. */
async function writeJson(pages: AsyncIterable<HistoryRow[]>, source: string): Promise<void> {
  await write(`{"version":1,"source":${JSON.stringify(source)},"events":[`);
  let separator = '';
  for await (const rows of pages) {
    await write(`${separator}${rows.map((row) => JSON.stringify(row)).join(',\n')}`);
    separator = ',\n';
  }
  await write(']}\n');
}

/** Waits where the reader is slower than the ledger. */
async function write(text: string): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, 'drain');
}
