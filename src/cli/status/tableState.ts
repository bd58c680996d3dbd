import { type StateFacts, stateOf, type TableState } from '../../model/tableState.ts';
import { secondsBetween } from '../text/format.ts';
import type { StatusFacts } from './facts.ts';
import type { TableReport } from './tableStatus.ts';
import { hasWorker, type TemporalReport } from './temporalStatus.ts';

/** Shorter waits aren't shown, because the rest between two transactions is part of the pace. */
const longWaitSeconds = 5;

/** What the table does, or why it does nothing, by all that was read. */
export function tableState(report: TableReport, facts: Pick<StatusFacts, 'now' | 'temporal' | 'spent'>): TableState {
  return stateOf(stateFacts(report, facts));
}

function stateFacts(report: TableReport, facts: Pick<StatusFacts, 'now' | 'temporal' | 'spent'>): StateFacts {
  const { table, refused, hold, neverArchived, purge, dueDay } = report;
  const { temporal } = facts;
  return {
    refused,
    stopped: report.stopped,
    hold: hold && { ...hold, exports: hold.exports === true },
    archiving: report.archiving,
    purging: report.purging,
    missing: report.missing ?? firstDays(report),
    due: purge === 'enabled' ? dueDay : null,
    lookedAt: !neverArchived || report.look !== null,
    wait: longWait(report, facts),
    temporal: temporal.unreachable === null ? temporalFacts(table, temporal) : null,
    schedule: scheduleText(temporal),
  };
}

/** What the daily run found in a table that has no archive yet; its own day is the first. */
function firstDays({ neverArchived, look, lastDue }: TableReport): StateFacts['missing'] {
  return neverArchived && look && look.missingDays > 0 ? { count: look.missingDays, from: lastDue } : null;
}

function temporalFacts(table: string, temporal: TemporalReport): NonNullable<StateFacts['temporal']> {
  const { archives, purges } = temporal;
  return { workerUp: hasWorker(temporal), archive: archives.get(table) ?? null, purge: purges.get(table) ?? null };
}

/** Why no daily run starts; null where one does, or Temporal didn't answer. */
export function scheduleText({ unreachable, schedule }: TemporalReport): string | null {
  if (unreachable !== null) return null;
  if (!schedule) return 'there is no daily schedule';
  return schedule.paused ? `the daily schedule is paused${schedule.note ? ` ("${schedule.note}")` : ''}` : null;
}

/** For what a purge has waited, and since when; null where it works. */
export function longWait(
  { table }: TableReport,
  { spent, now }: Pick<StatusFacts, 'now' | 'spent'>,
): { by: string; reason: string; since: string } | null {
  const wait = spent.get(table)?.wait;
  if (!wait || wait.by === 'pace') return null;
  return secondsBetween(wait.since, now) < longWaitSeconds ? null : wait;
}
