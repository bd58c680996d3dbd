import type { Config } from '../../config/load.ts';
import { type KeptPace, readPaces } from '../../ledger/purgeState.ts';
import type { LedgerReport } from '../../ledger/report.ts';
import { formatTableName, type TableName } from '../../model/tableName.ts';
import type { Session } from '../../mysql/session.ts';
import { parsePacerState } from '../../pacing/pacerState.ts';
import { presentWait, sharesOf } from '../../pacing/timeAccount.ts';
import { isAtWork } from '../text/stateText.ts';
import { boundsOf } from './eta.ts';
import type { Spent, StatusFacts } from './facts.ts';
import { countMissing } from './missingRows.ts';
import { type Rate, rateBetween, recentRate } from './rate.ts';
import { readLedger } from './readLedger.ts';
import { reportTable, type TableReport } from './tableStatus.ts';
import { readTemporalReport } from './temporalStatus.ts';

/** Everything that was read at one moment. */
export interface Snapshot {
  ledger: LedgerReport;
  facts: StatusFacts;
}

/** Reads twice where a purge is running and has no account of its rate yet. */
export async function readWithRates(session: Session, config: Config, named: TableName | undefined): Promise<Snapshot> {
  const first = await readSnapshot(session, config, named);
  if (!first.facts.tables.some((each) => isAtWork(each) && !first.facts.rates.has(each.table))) return first;
  await new Promise((resolve) => setTimeout(resolve, sampleMillis));
  return readSnapshot(session, config, named, first);
}

/** Long enough for several transactions of 250 ms. */
const sampleMillis = 2_000;

/** After a longer wait for Temporal the ledger is read again; otherwise not, because a large one takes seconds. */
const staleMillis = 1_000;

export async function readSnapshot(
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
  const spent = spentOf(tables, kept, { now: ledger.now, purges: temporal.purges });
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
    missingRows: await countMissing(session, config, { tables, ledger }, earlier?.facts.missingRows),
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
function spentOf(
  tables: readonly TableReport[],
  kept: ReadonlyMap<string, KeptPace>,
  { now, purges }: { now: string; purges: ReadonlyMap<string, unknown> },
): Map<string, Spent> {
  const found = new Map<string, Spent>();
  for (const { table, purging } of tables) {
    const { spent, impact } = parsePacerState(kept.get(table)?.state);
    if (!spent) continue;
    const at = Date.parse(now);
    // Between two days a purge that isn't open has ended, and waits for nothing.
    const wait = purging || purges.has(table) ? presentWait(spent, at) : undefined;
    found.set(table, {
      shares: sharesOf(spent, at),
      wait: wait ? { ...wait, since: new Date(wait.since).toISOString() } : null,
      impact: purging ? (impact ?? null) : null,
    });
  }
  return found;
}
