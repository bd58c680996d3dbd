import type { Config } from '../config/load.ts';
import { findPolicy } from '../config/policy.ts';
import { formatTableName } from '../model/tableName.ts';
import { auditId } from '../workflows/ids.ts';
import { auditTableFolders } from './auditFolders.ts';
import { WrongUse } from './explain.ts';
import type { CommonOptions } from './output.ts';
import { runAudit } from './runAudit.ts';

/** Reads archived days back from S3 now, the longest unread first. */
export async function audit(
  config: Config,
  options: CommonOptions & { days?: string; sweep?: boolean },
  named?: string,
): Promise<number> {
  const tables = named === undefined ? undefined : [formatTableName(findPolicy(config, named))];
  const daysATable = options.days === undefined ? (config.audit?.daysATable ?? 7) : Number(options.days);
  if (!Number.isInteger(daysATable) || daysATable < 1 || daysATable > 5_000)
    throw new WrongUse(`--days "${options.days}" isn't a whole number from 1 to 5000.`);
  const { name: source } = config.source;
  const input = { source, daysATable, tables };
  const beside = () => auditTableFolders(config, tables, options.sweep ?? false);
  return runAudit(config, options, { name: 'audit', workflowId: auditId(source, tables?.[0]), input, beside });
}
