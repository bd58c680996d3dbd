import { WorkflowFailedError } from '@temporalio/client';
import { ActivityFailure, ApplicationFailure } from '@temporalio/common';
import type { Config } from '../../config/load.ts';
import { findPolicy } from '../../config/policy.ts';
import { tableArgument } from '../../model/tableName.ts';
import { auditInWords } from '../../workflows/audit/outcome.ts';
import type { AuditArchiveInput, AuditArchiveResult } from '../../workflows/auditArchive.ts';
import { failureText } from '../../workflows/failureText.ts';
import { auditArchive } from '../../workflows/index.ts';
import { withClient } from '../connect.ts';
import { type CommonOptions, exitCodes, print } from '../output.ts';
import { noteWithoutWorker } from '../status/temporalStatus.ts';
import { exact, size } from '../text/format.ts';
import { type FolderAudit, nothingBeside } from './auditFolders.ts';

export interface AuditRun {
  /** The command's, for messages. */
  name: string;
  workflowId: string;
  input: AuditArchiveInput;
  /** What is looked at beside the objects' bytes. */
  beside?: () => Promise<FolderAudit>;
}

/** Runs the audit, or joins the one that is running, and prints what it found. */
export function runAudit(
  config: Config,
  options: CommonOptions,
  { name, workflowId, input, beside }: AuditRun,
): Promise<number> {
  return withClient(async (client) => {
    const handle = await client.workflow.start(auditArchive, {
      taskQueue: 'sediment',
      workflowId,
      workflowIdConflictPolicy: 'USE_EXISTING',
      args: [input],
      staticSummary: `${name} ${input.tables?.join(', ') ?? `of ${input.source}`} ${input.day ?? ''}`.trim(),
    });
    await noteWithoutWorker(client, config);
    const result = await handle.result().catch((error) => {
      const found = findingsOf(error);
      if (found) return found;
      throw new Error(`${name}: ${failureText(error)}`, { cause: error });
    });
    const { damaged, failed, bytes, daysDamaged, tablesFailed, foldersWrong = {} } = result;
    const { folders, swept, bucket, catalog, lines, wrong } = beside ? await beside() : nothingBeside;
    print(options, { workflow: workflowId, ...result, folders, swept, bucket, catalog }, [
      ...lines,
      ...Object.entries(damaged).map(([tableDay, finding]) => `${tableDay} damaged: ${finding}`),
      ...Object.entries(foldersWrong).map(([table, text]) => `${table}: ${text}`),
      ...Object.entries(failed).map(([table, reason]) => `${table} failed: ${reason}`),
      `${auditInWords(result, exact)}; ${size(bytes)} from S3.`,
      ...(daysDamaged > 0 ? [remedy(config, Object.keys(damaged)[0])] : []),
    ]);
    return daysDamaged > 0 || tablesFailed > 0 || wrong ? exitCodes.failed : exitCodes.ok;
  });
}

/** An audit that found damage ends as failed and carries its result in the failure's details. */
function findingsOf(error: unknown): AuditArchiveResult | undefined {
  if (!(error instanceof WorkflowFailedError) || error.cause instanceof ActivityFailure) return undefined;
  const failure = error.cause;
  if (!(failure instanceof ApplicationFailure) || !/^(ArchiveDamaged|AuditIncomplete)$/.test(failure.type ?? ''))
    return undefined;
  return failure.details?.[0] as AuditArchiveResult;
}

/** `tableDay`: the table's name, a space and the day, as the audit's result names a damaged day. */
function remedy(config: Config, tableDay = ''): string {
  const day = tableDay.slice(-10);
  const policy = findPolicy(config, tableDay.slice(0, -11));
  return `Nothing was changed. Put the objects back from their versions, then look again: sediment verify ${tableArgument(policy)} --day ${day}`;
}
