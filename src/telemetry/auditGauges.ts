import type { TablePolicy } from '../config/policy.ts';
import type { AuditAccount } from '../ledger/auditAccounts.ts';
import type { LastDrill } from '../ledger/drills.ts';
import type { Expiry } from '../ledger/expiries.ts';
import { type FolderCounts, type FolderKind, folderKinds } from '../ledger/folderAudits.ts';
import { formatTableName } from '../model/tableName.ts';
import type { MetricName } from './catalog.ts';

/** What the ledger has of audits, drills and expiries; by the table's name where it is a map. */
export interface AuditFacts {
  accounts: readonly AuditAccount[];
  folders: ReadonlyMap<string, FolderCounts>;
  drills: ReadonlyMap<string, LastDrill>;
  expiries: ReadonlyMap<string, readonly Expiry[]>;
}

interface AuditGauge {
  name: MetricName;
  table: string;
  kind?: FolderKind;
  value: number;
}

/** The gauges of each table. What was never audited has an age and no time; what was never drilled or looked at has none. */
export function auditGauges(policies: readonly TablePolicy[], facts: AuditFacts): AuditGauge[] {
  return policies.flatMap((policy) => {
    const table = formatTableName(policy);
    const values: [MetricName, number][] = [];
    const account = facts.accounts.find((each) => formatTableName(each) === table);
    if (account)
      values.push(
        ['sediment_audit_oldest_age_seconds', account.oldestSeconds],
        ['sediment_audited_days', account.days],
        ['sediment_audited_objects', account.objects],
        ['sediment_audited_bytes', account.bytes],
      );
    if (account && account.lastAt !== null) values.push(['sediment_audit_timestamp_seconds', account.lastAt]);
    const drill = facts.drills.get(table);
    if (drill)
      values.push(
        ['sediment_drill_timestamp_seconds', Math.round(Date.parse(drill.at) / 1000)],
        ['sediment_drill_failed', drill.finding === null ? 0 : 1],
      );
    const waiting = (facts.expiries.get(table) ?? []).filter(({ doneAt }) => doneAt === null);
    if (policy.archive?.expire !== undefined || waiting.length > 0)
      values.push(
        ['sediment_expiring_days', waiting.length],
        ['sediment_expiring_bytes', waiting.reduce((sum, { bytes }) => sum + bytes, 0)],
      );
    const counts = facts.folders.get(table);
    const kinds = counts ? folderKinds.map((kind) => ({ kind, value: counts[kind] })) : [];
    return [
      ...values.map(([name, value]) => ({ name, table, value })),
      ...kinds.map(({ kind, value }) => ({ name: 'sediment_audit_findings' as const, table, kind, value })),
    ];
  });
}
