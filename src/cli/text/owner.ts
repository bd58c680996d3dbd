import { userInfo } from 'node:os';
import { WrongUse } from '../explain.ts';

/** Who asks, as the ledger writes it down. */
export function ownerName(): string {
  try {
    return userInfo().username;
  } catch {
    // A container's user has no name.
    return `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}

/** Why, as others will read it. @throws WrongUse */
export function reasonOf({ reason = '' }: { reason?: string }): string {
  const said = reason.trim();
  if (said === '') throw new WrongUse('--reason is empty. Write why, as others will read it.');
  return said;
}
