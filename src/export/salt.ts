import { randomBytes } from 'node:crypto';

/** A partition's salt: 32 random hex digits. Without it a writer could craft rows whose digests cancel, for XOR is linear. */
export function newSalt(): string {
  return randomBytes(16).toString('hex');
}
