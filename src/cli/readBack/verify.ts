import type { Config } from '../../config/load.ts';
import { findPolicy } from '../../config/policy.ts';
import { formatTableName } from '../../model/tableName.ts';
import { verifyId } from '../../workflows/ids.ts';
import type { CommonOptions } from '../output.ts';
import { dayOption } from '../text/dayOption.ts';
import { runAudit } from './runAudit.ts';

export function checkVerify({ day }: CommonOptions & { day?: string }): void {
  dayOption('--day', day);
}

/** Reads one day of one table back from S3 now. */
export async function verify(
  config: Config,
  options: CommonOptions & { day?: string },
  named: string,
): Promise<number> {
  const policy = findPolicy(config, named);
  const table = formatTableName(policy);
  const day = dayOption('--day', options.day);
  const { name: source } = config.source;
  const input = { source, tables: [table], day };
  return runAudit(config, options, { name: 'verify', workflowId: verifyId(source, table, day), input });
}
