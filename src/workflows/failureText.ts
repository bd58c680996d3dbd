import { messageOf } from '../model/error.ts';

/** They say only that an activity, a child workflow or a workflow failed; their cause says why. */
const wrappers = ['ActivityFailure', 'ChildWorkflowFailure', 'WorkflowFailedError', 'WorkflowUpdateFailedError'];

/**
 * What a failure means: the outermost message below Temporal's wrappers, because whoever wrote it named the table and what
 * to do. The causes below it are in the log.
 */
export function failureText(error: unknown): string {
  let found = error;
  while (found instanceof Error && wrappers.includes(found.name) && found.cause instanceof Error) found = found.cause;
  // Of attempts that were tried until their time was up, the last one says why.
  if (found instanceof Error && found.name === 'TimeoutFailure' && found.cause instanceof Error)
    return `no attempt succeeded in time, the last one: ${failureText(found.cause)}`;
  return messageOf(found);
}
