import { randomBytes } from 'node:crypto';

/** A partition's salt: 32 random hex digits. Without it one could craft rows whose digests cancel, because XOR is linear (pitfall P68). */
export function newSalt(): string {
  return randomBytes(16).toString('hex');
}
