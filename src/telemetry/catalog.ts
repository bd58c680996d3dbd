/** A metric. Tests compare this list with docs/metrics.md, the alerts, the dashboard and the endpoint. */
export interface MetricSpec {
  readonly kind: 'counter' | 'gauge';
  /** Labels beside `source`, which every metric has. */
  readonly labels: readonly string[];
  readonly description: string;
}

const counter = (description: string, ...labels: string[]): MetricSpec => ({ kind: 'counter', labels, description });
const gauge = (description: string, ...labels: string[]): MetricSpec => ({ kind: 'gauge', labels, description });

/** Names follow Prometheus: base units (seconds, bytes) in the name, `_total` on what only grows. */
export const catalog = {
  sediment_exported_rows_total: counter('Rows read from MySQL and written to S3, repeats included', 'table'),
  sediment_exported_bytes_total: counter('The same rows as CSV, before compression', 'table'),
  sediment_verified_rows_total: counter('Rows read back from S3 and proved to be what MySQL says they were', 'table'),
  sediment_verified_bytes_total: counter('The same rows as CSV, before compression', 'table'),
  sediment_deleted_rows_total: counter('Rows deleted under proof, by transactions that committed', 'table'),
  sediment_deleted_bytes_total: counter('The same rows as CSV, before compression', 'table'),
  sediment_healed_rows_total: counter('Rows archived again because they changed, came late or vanished', 'table'),
  sediment_healed_bytes_total: counter('Parts that heals wrote again, as CSV, before compression', 'table'),
  sediment_held_seconds_total: counter('Seconds that a purge waited', 'table', 'reason'),
  sediment_stalled_seconds_total: counter('Seconds in which an activity made no progress and gave no reason', 'table'),
  sediment_impact_ratio: gauge('Others’ latency while the purge works, by their own; 0: not measured', 'table'),
  sediment_backlog_days: gauge('Archived days past the retention that are not purged', 'table'),
  sediment_backlog_rows: gauge('Rows of these days that are still in MySQL', 'table'),
  sediment_unarchived_days: gauge('Closed days since the first one that have no verified archive', 'table'),
  sediment_last_verified_age_seconds: gauge('Time since the end of the newest verified day', 'table'),
  sediment_stopped_days: gauge('Days that a rule or a finding stopped: a person has to look', 'table'),
  sediment_damaged_days: gauge('Archived days in which the latest audit found damage', 'table'),
  sediment_audit_findings: gauge('Findings of the latest look at a table’s folders, by their kind', 'table', 'kind'),
  sediment_audit_timestamp_seconds: gauge('When a day was read back last, in seconds since 1970 UTC', 'table'),
  sediment_audit_oldest_age_seconds: gauge('Age of the oldest reading of an archived day', 'table'),
  sediment_audited_days: gauge('Archived days that audits have read back', 'table'),
  sediment_audited_objects: gauge('Objects of these days', 'table'),
  sediment_audited_bytes: gauge('Compressed bytes of their rows', 'table'),
  sediment_drill_timestamp_seconds: gauge(
    'When a day was last restored by way of trial, in seconds since 1970',
    'table',
  ),
  sediment_drill_failed: gauge('1 where the last drill could not restore its day, else 0', 'table'),
  sediment_expiring_days: gauge('Days whose archive is announced to be deleted', 'table'),
  sediment_expiring_bytes: gauge('Bytes of these days in S3', 'table'),
  sediment_table_state: gauge('1 for the state that the table is in by the ledger, else 0', 'table', 'state'),
  sediment_paused: gauge('1 while an operator’s hold is in force, else 0', 'table'),
  sediment_ledger_archived_rows: gauge('Rows in the archive, by the ledger’s account', 'table'),
  sediment_ledger_deleted_rows: gauge('Rows deleted, by the ledger’s account', 'table'),
  sediment_ledger_read_timestamp_seconds: gauge('When the ledger was read last, in seconds since 1970 UTC'),
  sediment_temporal_read_timestamp_seconds: gauge('When Temporal answered last, in seconds since 1970 UTC'),
  sediment_schedule_missing: gauge('1 while there is no daily schedule, else 0'),
  sediment_schedule_skipped_runs: gauge('Runs that the daily schedule dropped because one was open, since it was made'),
  sediment_schedule_missed_runs: gauge('Runs that the daily schedule missed for good, since it was made'),
  sediment_schedule_paused: gauge('1 while the daily schedule is paused, else 0'),
} as const satisfies Record<string, MetricSpec>;

export type MetricName = keyof typeof catalog;
