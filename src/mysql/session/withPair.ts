import type { Session } from './session.ts';

/** Opens two sessions one after the other, the pair that pages are read with, runs `work` on them, and closes both. */
export async function withPair<T>(
  open: () => Promise<Session>,
  work: (sessions: readonly [Session, Session]) => Promise<T>,
): Promise<T> {
  const one = await open();
  try {
    const other = await open();
    try {
      return await work([one, other]);
    } finally {
      other.close();
    }
  } finally {
    one.close();
  }
}
