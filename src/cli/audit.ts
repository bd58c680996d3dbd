import { WorkflowFailedError } from '@temporalio/client';
import { ActivityFailure, ApplicationFailure } from '@temporalio/common';
import type { Config } from '../config/load.ts';
import { findPolicy } from '../config/policy.ts';
import { parseDay } from '../model/day.ts';
import { formatTableName, tableArgument } from '../model/tableName.ts';
import type { AuditArchiveInput, AuditArchiveResult } from '../workflows/auditArchive.ts';
import { failureText } from '../workflows/failureText.ts';
import { auditId, verifyId } from '../workflows/ids.ts';
import { auditArchive } from '../workflows/index.ts';
import { withClient } from './connect.ts';
import { WrongUse } from './explain.ts';
import { type CommonOptions, exitCodes, print } from './output.ts';
import { noteWithoutWorker } from './status/temporalStatus.ts';
import { exact, size } from './text/format.ts';

/** Reads archived days back from S3 now, the longest unread first. */
export async function audit(
  config: Config,
  options: CommonOptions & { days?: string },
  named?: string,
): Promise<number> {
  const tables = named === undefined ? undefined : [formatTableName(findPolicy(config, named))];
  const daysATable = options.days === undefined ? (config.audit?.daysATable ?? 7) : Number(options.days);
  if (!Number.isInteger(daysATable) || daysATable < 1 || daysATable > 5_000)
    throw new WrongUse(`--days "${options.days}" isn't a whole number from 1 to 5000.`);
  const { name: source } = config.source;
  const input = { source, daysATable, ...(tables ? { tables } : {}) };
  return run(config, options, auditId(source, tables?.[0]), input, 'audit');
}

/** Reads one day of one table back from S3 now. */
export async function verify(
  config: Config,
  options: CommonOptions & { day?: string },
  named: string,
): Promise<number> {
  const policy = findPolicy(config, named);
  const [table, day] = [formatTableName(policy), parseDay(options.day ?? '')];
  const { name: source } = config.source;
  return run(config, options, verifyId(source, table, day), { source, tables: [table], day }, 'verify');
}

/** A second one joins the first. */
function run(
  config: Config,
  options: CommonOptions,
  workflowId: string,
  input: AuditArchiveInput,
  what: string,
): Promise<number> {
  return withClient(async (client) => {
    const handle = await client.workflow.start(auditArchive, {
      taskQueue: 'sediment',
      workflowId,
      workflowIdConflictPolicy: 'USE_EXISTING',
      args: [input],
      staticSummary: `${what} ${input.tables?.join(', ') ?? `of ${input.source}`} ${input.day ?? ''}`.trim(),
    });
    await noteWithoutWorker(client, config);
    const result = await handle.result().catch((error) => {
      const found = findingsOf(error);
      if (found) return found;
      throw new Error(`${what}: ${failureText(error)}`, { cause: error });
    });
    const { damaged, failed, bytes, summary, daysDamaged, tablesFailed } = result;
    print(options, { workflow: workflowId, ...result }, [
      ...Object.entries(damaged).map(([place, finding]) => `${place} damaged: ${finding}`),
      ...Object.entries(failed).map(([table, reason]) => `${table} failed: ${reason}`),
      `${summary.replace(/\d+(?= rows)/, (rows) => exact(Number(rows)))}; ${size(bytes)} from S3.`,
      ...(daysDamaged > 0 ? [wayOn(config, Object.keys(damaged)[0])] : []),
    ]);
    return daysDamaged > 0 || tablesFailed > 0 ? exitCodes.failed : exitCodes.ok;
  });
}

/** A run that found something ends as failed, with its result. */
function findingsOf(error: unknown): AuditArchiveResult | undefined {
  if (!(error instanceof WorkflowFailedError) || error.cause instanceof ActivityFailure) return undefined;
  const failure = error.cause;
  if (!(failure instanceof ApplicationFailure) || !/^(ArchiveDamaged|AuditIncomplete)$/.test(failure.type ?? ''))
    return undefined;
  return failure.details?.[0] as AuditArchiveResult;
}

function wayOn(config: Config, place = ''): string {
  const day = place.slice(-10);
  const policy = findPolicy(config, place.slice(0, -11));
  return `Nothing was changed. Put the objects back from their versions, then look again: sediment verify ${tableArgument(policy)} --day ${day}`;
}
