import type { Logger, MetricMeter, MetricTags } from '@temporalio/common';
import { cutoffOf } from '../config/cutoff.ts';
import type { Config } from '../config/load.ts';
import { readAuditAccounts } from '../ledger/auditAccounts.ts';
import { readBacklog } from '../ledger/backlog.ts';
import { readUnderWay } from '../ledger/days/underWay.ts';
import { readDrills } from '../ledger/drills.ts';
import { readExpiries } from '../ledger/expiries.ts';
import { readFolderAudits } from '../ledger/folderAudits.ts';
import { readPaces } from '../ledger/purgeState.ts';
import { dayOf } from '../model/day.ts';
import type { StateKind } from '../model/tableState.ts';
import { serverNow } from '../mysql/clock.ts';
import { Session } from '../mysql/session/session.ts';
import { parsePacerState } from '../pacing/pacerState.ts';
import { pause } from '../pacing/pause.ts';
import { auditGauges } from './auditGauges.ts';
import { tableGauges } from './backlogGauges.ts';
import { catalog, type MetricName } from './catalog.ts';
import { ledgerStates, stateGauges } from './tableStates.ts';

/** What Temporal counts for the daily schedule. */
export interface ScheduleCounts {
  skipped: number;
  missed: number;
  paused: boolean;
}

export interface GaugeOptions {
  config: Config;
  meter: MetricMeter;
  logger: Logger;
  /** Undefined if no schedule exists. */
  schedule(): Promise<ScheduleCounts | undefined>;
}

const refreshMillis = 60_000;
/** Reading the ledger takes no more than this share of the time, however large it grows. */
const greatestShare = 1 / 20;

/**
 * Refreshes the gauges now and once per minute until the signal aborts. A failed read is logged, and the time of the last
 * good one no longer advances: an alert watches it, because frozen gauges would look healthy (pitfall P45).
 */
export async function keepGauges(options: GaugeOptions, signal: AbortSignal): Promise<void> {
  const set = setter(options.meter, options.config.source.name);
  const seen = new Map<string, Set<StateKind>>();
  while (!signal.aborted) {
    const began = performance.now();
    await refreshTables(options, set, seen).catch((error) => complain(options, 'the ledger can’t be read', error));
    await refreshSchedule(options, set).catch((error) => complain(options, 'the schedule can’t be read', error));
    await pause(Math.max(refreshMillis, (performance.now() - began) / greatestShare), signal);
  }
}

type SetGauge = (name: MetricName, value: number, tags?: MetricTags) => void;

function setter(meter: MetricMeter, source: string): SetGauge {
  const gauges = new Map(
    Object.entries(catalog)
      .filter(([, spec]) => spec.kind === 'gauge')
      .map(([name, { description }]) => [name, meter.createGauge(name, typeOf(name), undefined, description)]),
  );
  return (name, value, tags = {}) => gauges.get(name)?.set(value, { source, ...tags });
}

/** All gauges but ratios are whole numbers. */
function typeOf(name: string): 'int' | 'float' {
  return name.endsWith('_ratio') ? 'float' : 'int';
}

/** @param seen each table's states so far */
async function refreshTables(
  { config }: GaugeOptions,
  set: SetGauge,
  seen: Map<string, Set<StateKind>>,
): Promise<void> {
  const session = await Session.open(config.source, 'READ COMMITTED');
  try {
    const now = await serverNow(session);
    const cutoffs = config.tables.map((policy) => cutoffOf(policy, dayOf(now, policy.zone))).sort();
    const latest = cutoffs.at(-1);
    if (!latest) return;
    const backlog = await readBacklog(session, config.source.ledger, latest);
    for (const { name, table, value } of tableGauges(config.tables, backlog, now)) set(name, value, { table });
    const read = {
      accounts: await readAuditAccounts(session, config.source.ledger),
      folders: await readFolderAudits(session, config.source.ledger),
      drills: await readDrills(session, config.source.ledger),
      expiries: await readExpiries(session, config.source.ledger),
    };
    for (const { name, value, ...tags } of auditGauges(config.tables, read)) set(name, value, tags);
    const states = ledgerStates(config, backlog, await readUnderWay(session, config.source.ledger), now);
    for (const { table, state, value } of stateGauges(states, seen))
      set('sediment_table_state', value, { table, state });
    const paces = await readPaces(session, config.source.ledger);
    for (const [table, { state }] of paces)
      set('sediment_impact_ratio', parsePacerState(state).impact?.ratio ?? 0, { table });
    set('sediment_ledger_read_timestamp_seconds', Math.round(Date.now() / 1000));
  } finally {
    session.close();
  }
}

async function refreshSchedule({ schedule }: GaugeOptions, set: SetGauge): Promise<void> {
  const counts = await schedule();
  set('sediment_temporal_read_timestamp_seconds', Math.round(Date.now() / 1000));
  set('sediment_schedule_missing', counts ? 0 : 1);
  if (!counts) return;
  set('sediment_schedule_skipped_runs', counts.skipped);
  set('sediment_schedule_missed_runs', counts.missed);
  set('sediment_schedule_paused', counts.paused ? 1 : 0);
}

function complain({ logger, config }: GaugeOptions, message: string, error: unknown): void {
  logger.warn(`metrics: ${message}`, { source: config.source.name, error });
}
