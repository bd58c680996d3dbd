import { Source } from '../activities/source.ts';
import type { Config } from '../config/load.ts';
import { findPolicy } from '../config/policy.ts';
import { type LedgerReport, readLedgerReport } from '../mysql/ledgerReport.ts';
import type { Session } from '../mysql/session.ts';
import { type CommonOptions, exitCodes, print, WrongUse } from './context.ts';
import { secondsBetween } from './figures.ts';
import { fusesOf, type StatusFacts, statusLines } from './statusView.ts';
import { lastDueDay, reportTable, type TableReport } from './tableReport.ts';
import { tableLines } from './tableView.ts';
import { readTemporalReport, type TemporalReport } from './temporalReport.ts';
import { type Line, paint } from './terminal.ts';
import { watch } from './watch.ts';

/** A look at everything, at one moment. */
interface Look {
  ledger: LedgerReport;
  facts: StatusFacts;
}

/** Where each table stands, from the ledger: it needs no worker and no Temporal, and says so where they are missing. */
export async function status(
  config: Config,
  options: CommonOptions & { watch?: boolean },
  table?: string,
): Promise<number> {
  if (options.watch && options.json)
    throw new WrongUse('--watch draws again and again, --json is one document: leave one out');
  const policies = table === undefined ? config.tables : [findPolicy(config, table)];
  const shown = { ...config, tables: policies };
  const source = new Source(config);
  const session = await source.open('READ COMMITTED');
  try {
    const view = (look: Look, width: number) =>
      table === undefined ? statusLines(look.facts, width) : detail(shown, look, width);
    if (options.watch) {
      let before: Look | undefined;
      return await watch(async (width) => {
        before = await lookAt(session, shown, before);
        return [
          { text: `${config.source.name}, ${before.facts.now.slice(0, 19).replace('T', ' ')} UTC` },
          ...view(before, width),
        ];
      });
    }
    const look = await settled(session, shown);
    const { tty, width, colour } = screen();
    print(options, documentOf(look, table !== undefined), paint(view(look, width), tty && colour));
    return exitCodes.ok;
  } finally {
    session.close();
    source.close();
  }
}

/** The tables' reports alone. */
export async function readStatus(config: Config): Promise<TableReport[]> {
  const source = new Source(config);
  try {
    return await source.withLedger(async ({ session }) => {
      const ledger = await readLedgerReport(session, config.source.ledger);
      return config.tables.map((policy) => reportTable(policy, config.schedule.at, ledger));
    });
  } finally {
    source.close();
  }
}

/** How wide the output is, whether a person sees it, and whether in colour. */
export function screen(): { tty: boolean; width: number; colour: boolean } {
  const tty = process.stdout.isTTY === true;
  return { tty, width: tty ? process.stdout.columns : 200, colour: !process.env.NO_COLOR };
}

/** Two looks, a second apart, where a purge is at work: only so there is a rate that was seen. */
async function settled(session: Session, config: Config): Promise<Look> {
  const first = await lookAt(session, config, undefined);
  if (!first.facts.tables.some((each) => each.purging && !each.hold && !each.stopped)) return first;
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  return lookAt(session, config, first);
}

async function lookAt(session: Session, config: Config, before: Look | undefined): Promise<Look> {
  let ledger = await readLedgerReport(session, config.source.ledger);
  const report = () => config.tables.map((policy) => reportTable(policy, config.schedule.at, ledger));
  const temporal: TemporalReport = await readTemporalReport(config, report());
  // Temporal may have taken its time: the ledger is read after it, so that what is shown is of now.
  ledger = await readLedgerReport(session, config.source.ledger);
  const tables = report();
  return {
    ledger,
    facts: {
      now: ledger.now,
      source: config.source.name,
      tables,
      temporal,
      pace: paceSince(before, tables, ledger.now),
      fuses: fusesOf(config),
    },
  };
}

function paceSince(before: Look | undefined, tables: readonly TableReport[], now: string): Map<string, number> {
  const pace = new Map<string, number>();
  if (!before) return pace;
  const seconds = secondsBetween(before.facts.now, now);
  for (const { table, rowsDeleted } of tables) {
    const earlier = before.facts.tables.find((each) => each.table === table);
    if (earlier && seconds > 0) pace.set(table, (rowsDeleted - earlier.rowsDeleted) / seconds);
  }
  return pace;
}

function detail(config: Config, { ledger, facts }: Look, width: number): Line[] {
  const [policy] = config.tables;
  if (!policy) return [];
  const name = `${policy.database}.${policy.table}`;
  return tableLines(
    {
      status: facts,
      days: ledger.days.get(name) ?? [],
      firstDay: ledger.firstDays.get(name),
      lastDue: lastDueDay(ledger.now, config.schedule.at, policy.zone),
    },
    width,
  );
}

function documentOf({ ledger, facts }: Look, withDays: boolean): Record<string, unknown> {
  return {
    now: facts.now,
    source: facts.source,
    temporal: { unreachable: facts.temporal.unreachable, workerHeardSecondsAgo: facts.temporal.workerHeardSecondsAgo },
    tables: facts.tables.map((each) => ({
      ...each,
      purgeRun: facts.temporal.purges.get(each.table) ?? null,
      archiveRun: facts.temporal.archives.get(each.table) ?? null,
      rowsPerSecond: facts.pace.get(each.table) ?? null,
      ...(withDays ? { days: ledger.days.get(each.table) ?? [] } : {}),
    })),
  };
}
