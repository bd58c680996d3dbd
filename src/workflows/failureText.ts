import { messageOf } from '../model/error.ts';

/** The message of the innermost cause. Those around it say only that an activity or a child workflow failed. */
export function failureText(error: unknown): string {
  let found = error;
  while (found instanceof Error && found.cause instanceof Error) found = found.cause;
  return messageOf(found);
}
