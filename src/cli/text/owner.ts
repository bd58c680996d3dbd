import { userInfo } from 'node:os';
import { WrongUse } from '../explain/explain.ts';

/** Who runs the command, as the ledger records it. */
export function ownerName(): string {
  try {
    return userInfo().username;
  } catch {
    // A container's user has no name.
    return `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}

/** The text of `--reason`. @throws WrongUse where it is empty */
export function reasonOf({ reason = '' }: { reason?: string }): string {
  const text = reason.trim();
  if (text === '') throw new WrongUse('--reason is empty. Write why, as others will read it.');
  return text;
}
