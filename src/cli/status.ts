import { withLedger } from '../activities/source.ts';
import type { Day } from '../archive/day.ts';
import { isArchived } from '../archive/partitionState.ts';
import { formatTableName } from '../archive/tableName.ts';
import type { Config } from '../config/load.ts';
import type { Partition } from '../mysql/ledger.ts';
import { type CommonOptions, exitCodes, print } from './context.ts';

export interface TableStatus {
  table: string;
  /** The newest day up to which no archived day is missing among those known. */
  archivedThrough: Day | null;
  purgedThrough: Day | null;
  rowsArchived: number;
  rowsDeleted: number;
  proofs: number;
  now: string;
}

/** A line a table, from the ledger alone: it needs no worker. */
export async function status(config: Config, options: CommonOptions): Promise<number> {
  const tables = await readStatus(config);
  const width = Math.max(5, ...tables.map((each) => each.table.length));
  const line = (cells: readonly string[]) =>
    `${cells[0]?.padEnd(width)}  ${cells[1]?.padEnd(10)}  ${cells[2]?.padEnd(10)}  ${cells[3]?.padStart(12)}  ${cells[4]?.padStart(12)}  ${cells[5]}`.trimEnd();
  print(options, { tables }, [
    line(['TABLE', 'ARCHIVED', 'PURGED', 'ROWS', 'DELETED', 'NOW']),
    ...tables.map((each) =>
      line([
        each.table,
        each.archivedThrough ?? '-',
        each.purgedThrough ?? '-',
        each.rowsArchived.toLocaleString('en'),
        each.rowsDeleted.toLocaleString('en'),
        each.now,
      ]),
    ),
  ]);
  return exitCodes.ok;
}

export function readStatus(config: Config): Promise<TableStatus[]> {
  return withLedger(config, async (ledger) => {
    const tables: TableStatus[] = [];
    for (const { database, table } of config.tables) {
      const name = formatTableName({ database, table });
      const hold = await ledger.activeHold({ database, table });
      tables.push(summarize(name, await ledger.days(database, table), hold && `held by ${hold.owner}: ${hold.reason}`));
    }
    return tables;
  });
}

export function summarize(
  table: string,
  days: readonly ({ day: Day } & Partition)[],
  held: string | undefined,
): TableStatus {
  const unfinished = days.find((each) => !isArchived(each.state));
  const archived = days.filter((each) => isArchived(each.state) && (!unfinished || each.day < unfinished.day));
  const stopped = days.find((each) => each.stopped !== null);
  const purging = days.find((each) => each.state === 'purging');
  const sum = (of: (each: Partition) => number) => days.reduce((total, each) => total + of(each), 0);
  return {
    table,
    archivedThrough: archived.at(-1)?.day ?? null,
    purgedThrough: days.filter((each) => each.state === 'purged').at(-1)?.day ?? null,
    rowsArchived: sum((each) => each.rowsArchived),
    rowsDeleted: sum((each) => each.rowsDeleted),
    proofs: sum((each) => each.proofs),
    now: stopped
      ? `stopped: ${stopped.stopped}`
      : (held ?? (purging ? `purging ${purging.day}` : unfinished ? `archiving ${unfinished.day}` : '')),
  };
}
