import { once } from 'node:events';
import { UnknownTable } from '../config/errors.ts';
import type { Config } from '../config/load.ts';
import { findPolicy } from '../config/policy.ts';
import { type HistoryRow, type HistoryWanted, hasHistory, readHistory } from '../ledger/history.ts';
import { readLedgerReport } from '../ledger/report.ts';
import { withLedger } from '../ledger/withLedger.ts';
import { parseTableName, type TableName } from '../model/tableName.ts';
import { WrongUse } from './explain/explain.ts';
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
    // A table that neither the config nor the ledger knows is a typing error.
    if (table !== undefined && wanted.table && !(await hasHistory(session, name, wanted.table)))
      findPolicy(config, table);
    const pages = readHistory(session, name, wanted);
    if (csv) return writeCsv(pages);
    if (json) return writeJson(pages, config.source.name);
    const nothing = async () => {
      const { missing } = await readLedgerReport(session, name, { none: true });
      return missing
        ? `There is no ledger ${name} on this server: the first worker makes it when it starts. Look at it: sediment doctor`
        : 'Nothing has happened yet that the ledger knows of.';
    };
    await writeLines(pages, wanted.newest, nothing);
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
  const named = table === undefined ? undefined : namedTable(config, table);
  const everything = json === true || csv === true || from !== undefined || to !== undefined;
  const newest = last === undefined ? (everything ? undefined : defaultLast) : Number(last);
  return { table: named, source: config.source.name, from: days.from, to: days.to, newest };
}

/** A policy's table, or one whose policy was taken out of the config: the ledger keeps what happened to it. */
function namedTable(config: Config, table: string): TableName {
  try {
    return findPolicy(config, table);
  } catch (error) {
    if (error instanceof UnknownTable) return parseTableName(table);
    throw error;
  }
}

/** @param nothing what is said where nothing has happened */
async function writeLines(
  pages: AsyncIterable<HistoryRow[]>,
  newest: number | undefined,
  nothing: () => Promise<string>,
): Promise<void> {
  const { tty, width } = screen();
  let count = 0;
  for await (const rows of pages) {
    count += rows.length;
    for (const line of historyLines(rows, tty ? width : Number.MAX_SAFE_INTEGER)) await write(`${line}\n`);
  }
  if (count === 0) await write(`${await nothing()}\n`);
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
