import { CancellationScope, isCancellation } from '@temporalio/workflow';
import { failureText } from './failureText.ts';

/** Why one of many failed, so that the others go on. That the run itself is cancelled is no failure of one: it is thrown. */
export function reasonOf(error: unknown): string {
  if (isCancellation(error) && CancellationScope.current().consideredCancelled) throw error;
  return failureText(error);
}
