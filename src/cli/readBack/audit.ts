import type { Config } from '../../config/load.ts';
import { findPolicy } from '../../config/policy.ts';
import { formatTableName } from '../../model/tableName.ts';
import { auditId } from '../../workflows/ids.ts';
import { WrongUse } from '../explain/explain.ts';
import type { CommonOptions } from '../output.ts';
import { auditTableFolders } from './auditFolders.ts';
import { expire } from './expire.ts';
import { runAudit } from './runAudit.ts';

interface AuditOptions extends CommonOptions {
  days?: string;
  sweep?: boolean;
  expire?: boolean;
  dryRun?: boolean;
}

export function checkAudit(options: AuditOptions): void {
  const { expire: expires, dryRun, days, sweep } = options;
  if (expires && (days !== undefined || sweep)) throw new WrongUse('--expire goes with neither --days nor --sweep.');
  if (dryRun && !expires) throw new WrongUse('--dry-run goes with --expire: an audit changes nothing else.');
  daysOf(options);
}

function daysOf({ days }: AuditOptions): number | undefined {
  if (days === undefined) return undefined;
  const number = Number(days);
  if (Number.isInteger(number) && number >= 1 && number <= 5_000) return number;
  throw new WrongUse(`--days "${days}" isn't a whole number from 1 to 5000.`);
}

/** Reads archived days back from S3 now, the longest unread first; or deletes what has expired. */
export async function audit(config: Config, options: AuditOptions, named?: string): Promise<number> {
  if (options.expire) return expire(config, options, named);
  const tables = named === undefined ? undefined : [formatTableName(findPolicy(config, named))];
  const daysATable = daysOf(options) ?? config.audit?.daysATable ?? 7;
  const { name: source } = config.source;
  const input = { source, daysATable, tables };
  const beside = () => auditTableFolders(config, tables, options.sweep ?? false);
  return runAudit(config, options, { name: 'audit', workflowId: auditId(source, tables?.[0]), input, beside });
}
