import { messageOf } from '../model/error.ts';

/** The innermost cause in words: what failed, not that an activity of a child workflow did. */
export function failureText(error: unknown): string {
  let found = error;
  while (found instanceof Error && found.cause instanceof Error) found = found.cause;
  return messageOf(found);
}
