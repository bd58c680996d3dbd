import type { Config } from '../config/load.ts';
import { findPolicy } from '../config/policy.ts';
import { type KeptPace, readPaces } from '../ledger/purgeState.ts';
import type { LedgerReport } from '../ledger/report.ts';
import { withLedger } from '../ledger/withLedger.ts';
import { formatTableName, type TableName } from '../model/tableName.ts';
import type { Session } from '../mysql/session.ts';
import { parsePacerState } from '../pacing/pacerState.ts';
import { presentWait, sharesOf } from '../pacing/timeAccount.ts';
import { WrongUse } from './explain.ts';
import { type CommonOptions, exitCodes, print } from './output.ts';
import { screen } from './screen.ts';
import { boundsOf } from './status/eta.ts';
import { type Rate, rateBetween, recentRate } from './status/rate.ts';
import { readLedger } from './status/readLedger.ts';
import { lastDueDay, reportTable, type TableReport } from './status/tableStatus.ts';
import { readTemporalReport } from './status/temporalStatus.ts';
import { isAtWork, type Spent, type StatusFacts, statusLines, tableEta } from './text/statusText.ts';
import { tableLines } from './text/tableText.ts';
import { type Line, paint } from './text/terminal.ts';
import { watch } from './text/watch.ts';

/** Everything that was read at one moment. */
interface Snapshot {
  ledger: LedgerReport;
  facts: StatusFacts;
}

/** Each table's status from the ledger. It needs no worker and no Temporal, and reports where they are missing. */
export async function status(
  config: Config,
  options: CommonOptions & { watch?: boolean },
  table?: string,
): Promise<number> {
  if (options.watch && options.json)
    throw new WrongUse('--watch draws again and again, --json is one document: leave one out');
  const named = table === undefined ? undefined : findPolicy(config, table);
  const chosen = named ? { ...config, tables: [named] } : config;
  return withLedger(config.source, async ({ session }) => {
    const view = (found: Snapshot, width: number) =>
      named ? detail(chosen, found, width) : statusLines(found.facts, width);
    if (options.watch) {
      let snapshots: Snapshot[] = [];
      return await watch(async (width) => {
        const found = await readSnapshot(session, chosen, named, snapshots[0]);
        // A minute's, at one per second: the oldest is what a rate is taken against.
        snapshots = [...snapshots, found].slice(-60);
        return [
          { text: `${config.source.name}, ${found.facts.now.slice(0, 19).replace('T', ' ')} UTC` },
          ...view(found, width),
        ];
      });
    }
    const found = await readWithRates(session, chosen, named);
    const { tty, width, colour } = screen();
    print(options, documentOf(found, named !== undefined), paint(view(found, width), tty && colour));
    return exitCodes.ok;
  });
}

/** Reads twice where a purge is running and has no account of its rate yet. */
async function readWithRates(session: Session, config: Config, named: TableName | undefined): Promise<Snapshot> {
  const first = await readSnapshot(session, config, named);
  if (!first.facts.tables.some((each) => isAtWork(each) && !first.facts.rates.has(each.table))) return first;
  await new Promise((resolve) => setTimeout(resolve, sampleMillis));
  return readSnapshot(session, config, named, first);
}

/** Long enough for several transactions of 250 ms. */
const sampleMillis = 2_000;

/** After a longer wait for Temporal the ledger is read again; otherwise not, because a large one takes seconds. */
const staleMillis = 1_000;

async function readSnapshot(
  session: Session,
  config: Config,
  named: TableName | undefined,
  earlier?: Snapshot,
): Promise<Snapshot> {
  let ledger = await readLedger(session, config, named);
  const report = () => config.tables.map((policy) => reportTable(policy, config.schedule.at, ledger));
  let tables = report();
  const began = performance.now();
  const temporal = await readTemporalReport(config, tables);
  if (performance.now() - began > staleMillis) {
    ledger = await readLedger(session, config, named);
    tables = report();
  }
  const kept = await readPaces(session, config.source.ledger);
  const spent = spentOf(tables, kept, ledger.now);
  const rates = new Map<string, Rate>();
  for (const table of tables.filter(isAtWork)) {
    const before = earlier?.facts.tables.find((each) => each.table === table.table);
    const rate =
      recentRate(spent.get(table.table)?.shares ?? null) ??
      (before && earlier ? rateBetween({ now: earlier.facts.now, ...before }, { now: ledger.now, ...table }) : null);
    if (rate) rates.set(table.table, rate);
  }
  const { strangeServer } = ledger;
  const facts = {
    now: ledger.now,
    source: config.source.name,
    strangeServer,
    tables,
    temporal,
    rates,
    spent,
    bounds: new Map(
      config.tables.map((policy) => {
        const name = formatTableName(policy);
        return [name, boundsOf(policy, kept.get(name)?.deletedToday)] as const;
      }),
    ),
  };
  return { ledger, facts };
}

/** How each purge of the last ten minutes spent them. */
function spentOf(tables: readonly TableReport[], kept: ReadonlyMap<string, KeptPace>, now: string): Map<string, Spent> {
  const found = new Map<string, Spent>();
  for (const { table, purging } of tables) {
    const { spent } = parsePacerState(kept.get(table)?.state);
    if (!spent) continue;
    const at = Date.parse(now);
    // Between two days the purge may have ended, and waits for nothing.
    const wait = purging ? presentWait(spent, at) : undefined;
    found.set(table, {
      shares: sharesOf(spent, at),
      wait: wait ? { ...wait, since: new Date(wait.since).toISOString() } : null,
    });
  }
  return found;
}

function detail(config: Config, { ledger, facts }: Snapshot, width: number): Line[] {
  const [policy] = config.tables;
  if (!policy) return [];
  const name = formatTableName(policy);
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

function documentOf({ ledger, facts }: Snapshot, withDays: boolean): Record<string, unknown> {
  return {
    now: facts.now,
    source: facts.source,
    strangeServer: facts.strangeServer,
    temporal: { unreachable: facts.temporal.unreachable, workerHeardSecondsAgo: facts.temporal.workerHeardSecondsAgo },
    tables: facts.tables.map((each) => ({
      ...each,
      purgeRun: facts.temporal.purges.get(each.table) ?? null,
      archiveRun: facts.temporal.archives.get(each.table) ?? null,
      pace: facts.rates.get(each.table) ?? null,
      outlook: tableEta(facts, each),
      time: facts.spent.get(each.table)?.shares ?? null,
      waits: facts.spent.get(each.table)?.wait ?? null,
      ...(withDays ? { days: ledger.days.get(each.table) ?? [] } : {}),
    })),
  };
}
