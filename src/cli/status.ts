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
import { boundsOf } from './status/eta.ts';
import { type Pace, paceBetween, recentPace } from './status/rate.ts';
import { lookAtLedger } from './status/readLedger.ts';
import { lastDueDay, reportTable, type TableReport } from './status/tableStatus.ts';
import { readTemporalReport } from './status/temporalStatus.ts';
import { isAtWork, outlookIn, type Spent, type StatusFacts, statusLines } from './text/statusText.ts';
import { tableLines } from './text/tableText.ts';
import { type Line, paint } from './text/terminal.ts';
import { watch } from './text/watch.ts';

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
  const named = table === undefined ? undefined : findPolicy(config, table);
  const shown = named ? { ...config, tables: [named] } : config;
  return withLedger(config.source, async ({ session }) => {
    const view = (look: Look, width: number) => (named ? detail(shown, look, width) : statusLines(look.facts, width));
    if (options.watch) {
      let looks: Look[] = [];
      return await watch(async (width) => {
        const look = await lookAt(session, shown, named, looks);
        // A minute of looks, one a second.
        looks = [...looks, look].slice(-60);
        return [
          { text: `${config.source.name}, ${look.facts.now.slice(0, 19).replace('T', ' ')} UTC` },
          ...view(look, width),
        ];
      });
    }
    const look = await settled(session, shown, named);
    const { tty, width, colour } = screen();
    print(options, documentOf(look, named !== undefined), paint(view(look, width), tty && colour));
    return exitCodes.ok;
  });
}

/** The tables' reports alone. */
export async function readStatus(config: Config): Promise<TableReport[]> {
  return withLedger(config.source, async ({ session }) => {
    const ledger = await lookAtLedger(session, config);
    return config.tables.map((policy) => reportTable(policy, config.schedule.at, ledger));
  });
}

/** How wide the output is, whether a person sees it, and whether in colour. */
export function screen(): { tty: boolean; width: number; colour: boolean } {
  const tty = process.stdout.isTTY === true;
  return { tty, width: tty ? process.stdout.columns : 200, colour: !process.env.NO_COLOR };
}

/** Two looks, where a purge is at work and the ledger alone doesn't tell its pace. */
async function settled(session: Session, config: Config, named: TableName | undefined): Promise<Look> {
  const first = await lookAt(session, config, named, []);
  if (!first.facts.tables.some((each) => isAtWork(each) && !first.facts.pace.has(each.table))) return first;
  await new Promise((resolve) => setTimeout(resolve, sampleMillis));
  return lookAt(session, config, named, [first]);
}

/** Some transactions of 250 ms: long enough to see more than one, short enough to wait for. */
const sampleMillis = 2_000;

/** A look that is older is taken anew; a second look at a large ledger may cost seconds. */
const staleMillis = 1_000;

async function lookAt(
  session: Session,
  config: Config,
  named: TableName | undefined,
  earlier: readonly Look[],
): Promise<Look> {
  let ledger = await lookAtLedger(session, config, named);
  const report = () => config.tables.map((policy) => reportTable(policy, config.schedule.at, ledger));
  let tables = report();
  const began = performance.now();
  const temporal = await readTemporalReport(config, tables);
  // Where Temporal has taken its time the ledger is read once more, so that what is shown is of now.
  if (performance.now() - began > staleMillis) {
    ledger = await lookAtLedger(session, config, named);
    tables = report();
  }
  const kept = await readPaces(session, config.source.ledger);
  const spent = spentOf(tables, kept, ledger.now);
  const pace = new Map<string, Pace>();
  for (const table of tables.filter(isAtWork)) {
    const before = earlier[0]?.facts.tables.find((each) => each.table === table.table);
    const seen =
      recentPace(spent.get(table.table)?.shares ?? null) ??
      (before && earlier[0]
        ? paceBetween({ now: earlier[0].facts.now, ...before }, { now: ledger.now, ...table })
        : null);
    if (seen) pace.set(table.table, seen);
  }
  const { strangeServer } = ledger;
  const facts = {
    now: ledger.now,
    source: config.source.name,
    strangeServer,
    tables,
    temporal,
    pace,
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

/** Of tables that were purged in the last minutes: how these were spent. */
function spentOf(tables: readonly TableReport[], kept: ReadonlyMap<string, KeptPace>, now: string): Map<string, Spent> {
  const found = new Map<string, Spent>();
  for (const { table, purging } of tables) {
    const { spent } = parsePacerState(kept.get(table)?.state);
    if (!spent) continue;
    const at = Date.parse(now);
    // Between two days it may have come to its end.
    const wait = purging ? presentWait(spent, at) : undefined;
    found.set(table, {
      shares: sharesOf(spent, at),
      wait: wait ? { ...wait, since: new Date(wait.since).toISOString() } : null,
    });
  }
  return found;
}

function detail(config: Config, { ledger, facts }: Look, width: number): Line[] {
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

function documentOf({ ledger, facts }: Look, withDays: boolean): Record<string, unknown> {
  return {
    now: facts.now,
    source: facts.source,
    strangeServer: facts.strangeServer,
    temporal: { unreachable: facts.temporal.unreachable, workerHeardSecondsAgo: facts.temporal.workerHeardSecondsAgo },
    tables: facts.tables.map((each) => ({
      ...each,
      purgeRun: facts.temporal.purges.get(each.table) ?? null,
      archiveRun: facts.temporal.archives.get(each.table) ?? null,
      pace: facts.pace.get(each.table) ?? null,
      outlook: outlookIn(facts, each),
      time: facts.spent.get(each.table)?.shares ?? null,
      waits: facts.spent.get(each.table)?.wait ?? null,
      ...(withDays ? { days: ledger.days.get(each.table) ?? [] } : {}),
    })),
  };
}
