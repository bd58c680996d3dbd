import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { ApplicationFailure, getExternalWorkflowHandle, startChild } from '@temporalio/workflow';
import { purgeId } from '../ids.ts';
import { purgeTable } from '../purgeTable.ts';
import { extendCutoff } from './messages.ts';
import type { PurgeTableInput } from './state.ts';

/**
 * Starts the table's purge, or signals the later cutoff to the one that runs. It starts the purge again if that one
 * closes in between. Neither the end nor the cancellation of the starter ends a purge (pitfall P84: cancelling the daily
 * run cancels its purges).
 */
export async function startPurge(input: PurgeTableInput): Promise<void> {
  const workflowId = purgeId(input.source, input.table);
  for (;;) {
    try {
      await startChild(purgeTable, {
        workflowId,
        args: [input],
        parentClosePolicy: 'ABANDON',
        cancellationType: 'ABANDON',
        staticSummary: `purge ${input.table}, before ${input.cutoff}`,
        memo: { cutoff: input.cutoff, policyHash: input.policyHash ?? null },
      });
      return;
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    }
    try {
      await getExternalWorkflowHandle(workflowId).signal(extendCutoff, input.cutoff, input.policyHash);
      return;
    } catch (error) {
      // It closed between the two: start it again.
      if (!isNotFound(error)) throw error;
    }
  }
}

function isNotFound(error: unknown): boolean {
  return error instanceof ApplicationFailure && error.type === 'ExternalWorkflowExecutionNotFound';
}
