import type { Config } from '../../config/load.ts';
import { type KeptPace, readPaces } from '../../ledger/purgeState.ts';
import type { LedgerReport } from '../../ledger/report.ts';
import { isPurgeable } from '../../model/partitionState.ts';
import { formatTableName, type TableName } from '../../model/tableName.ts';
import type { Session } from '../../mysql/session/session.ts';
import { boundsOf, type Rate, recentRate } from '../../pacing/eta.ts';
import { parsePacerState } from '../../pacing/pacerState.ts';
import { presentWait, sharesOf } from '../../pacing/timeAccount.ts';
import { isAtWork } from '../text/stateText.ts';
import type { Spent, StatusFacts, UnlistedTable } from './facts.ts';
import { countMissing } from './missingRows.ts';
import { rateBetween } from './rate.ts';
import { readLedger } from './readLedger.ts';
import { reportTable, type TableReport } from './tableStatus.ts';
import { readTemporalReport } from './temporalStatus.ts';
import { readUnseen } from './unseen.ts';

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
  let tables = reportsOf(config, ledger);
  const began = performance.now();
  const temporal = await readTemporalReport(config, tables);
  if (performance.now() - began > staleMillis) {
    ledger = await readLedger(session, config, named);
    tables = reportsOf(config, ledger);
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
    missingLedger: ledger.missing ? config.source.ledger : null,
    strangeServer,
    tables,
    unlisted: named ? [] : unlistedOf(config, ledger),
    unseen: await readUnseen(session, config.tables),
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

function reportsOf(config: Config, ledger: LedgerReport): TableReport[] {
  return config.tables.map((policy) => reportTable(policy, config.schedule.at, ledger));
}

/** Tables whose policy was taken out of the config with days that aren't purged. */
function unlistedOf(config: Config, { days, summaries, sources }: LedgerReport): UnlistedTable[] {
  const listed = new Set(config.tables.map(formatTableName));
  // Another source's tables have their policies in its own config.
  const isOwn = (name: string) => (sources.get(name) ?? config.source.name) === config.source.name;
  const names = [...new Set([...days.keys(), ...summaries.keys()])].filter((name) => !listed.has(name) && isOwn(name));
  return names.sort().flatMap((table) => {
    const single = (days.get(table) ?? [])
      .filter(({ state }) => isPurgeable(state))
      .map((each) => ({ ...each, days: 1 }));
    const open = [...single, ...(summaries.get(table) ?? []).filter(({ state }) => isPurgeable(state))];
    const rows = open.reduce((sum, each) => sum + each.rowsArchived - each.rowsDeleted, 0);
    return open.length === 0 ? [] : [{ table, days: open.reduce((sum, each) => sum + each.days, 0), rows }];
  });
}

/** What the states of the config's tables follow from, as `status` reads it, without the figures of what is due. */
export async function readStates(session: Session, config: Config, ledger: LedgerReport): Promise<StatusFacts> {
  const tables = reportsOf(config, ledger);
  const temporal = await readTemporalReport(config, tables);
  const kept = await readPaces(session, config.source.ledger);
  const { now, strangeServer } = ledger;
  return {
    now,
    source: config.source.name,
    missingLedger: ledger.missing ? config.source.ledger : null,
    strangeServer,
    tables,
    temporal,
    rates: new Map(),
    spent: spentOf(tables, kept, { now, purges: temporal.purges }),
    missingRows: new Map(),
    bounds: new Map(),
  };
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
