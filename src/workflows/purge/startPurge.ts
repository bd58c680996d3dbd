import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { ApplicationFailure, getExternalWorkflowHandle, startChild } from '@temporalio/workflow';
import { purgeId } from '../ids.ts';
import { purgeTable } from '../purgeTable.ts';
import { extendCutoff } from './messages.ts';
import type { PurgeTableInput } from './state.ts';

/**
 * Starts the table's one purge, or signals the later cutoff to the running one; starts it again where that one closes in between.
 * Neither the end of its starter nor its cancellation ends it (pitfall P84: a cancelled daily run cancelled its purges).
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
