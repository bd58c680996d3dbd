import { cutoffOf } from '../config/cutoff.ts';
import type { TablePolicy } from '../config/policy.ts';
import type { LedgerBacklog } from '../ledger/backlog.ts';
import { addDays, type Day, dayOf, daysBetween, dayWindow } from '../model/day.ts';
import { formatTableName } from '../model/tableName.ts';
import type { MetricName } from './catalog.ts';

/** A gauge's value for one table. */
export interface TableGauge {
  name: MetricName;
  table: string;
  value: number;
}

/**
 * The gauges of each table, from the ledger and the policies. A table that was never exported has no age and no account;
 * one that its policy doesn't purge has no backlog.
 * @param now MySQL's clock, ISO 8601 UTC
 */
export function tableGauges(policies: readonly TablePolicy[], backlog: LedgerBacklog, now: string): TableGauge[] {
  return policies.flatMap((policy) => {
    const table = formatTableName(policy);
    const own = (each: { database: string; table: string }) =>
      each.database === policy.database && each.table === policy.table;
    const today = dayOf(now, policy.zone);
    const cutoff = cutoffOf(policy, today);
    const due = backlog.openDays.filter((each) => own(each) && each.day < cutoff);
    const held = backlog.holds.some((scope) => ['*', table, `${policy.database}.${policy.table}`].includes(scope));
    const values: [MetricName, number][] = [['sediment_paused', held ? 1 : 0]];
    if (policy.purge === 'enabled')
      values.push(
        ['sediment_backlog_days', due.length],
        ['sediment_backlog_rows', due.reduce((sum, each) => sum + each.rowsLeft, 0)],
      );
    const account = backlog.accounts.find(own);
    if (account) {
      const yesterday = addDays(today, -1);
      const closed = daysBetween(account.firstDay, yesterday).length;
      values.push(
        ['sediment_unarchived_days', Math.max(0, closed - account.archivedDays)],
        ['sediment_stopped_days', account.stoppedDays],
        ['sediment_damaged_days', account.damagedDays],
        ['sediment_ledger_archived_rows', account.rowsArchived],
        ['sediment_ledger_deleted_rows', account.rowsDeleted],
      );
      if (account.lastDay)
        values.push(['sediment_last_verified_age_seconds', ageOf(account.lastDay, policy.zone, now)]);
    }
    return values.map(([name, value]) => ({ name, table, value }));
  });
}

/** Seconds since the day ended in its zone. */
function ageOf(day: Day, zone: string, now: string): number {
  const { end } = dayWindow(day, 'epochMillis', zone, 'policy');
  return Math.max(0, Math.round((Date.parse(now) - Number(end)) / 1000));
}
