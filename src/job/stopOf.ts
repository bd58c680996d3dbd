import { Stopped } from './attempt.ts';

/** Why work can't go on, for a plan that lists it: the stop's message, or null if it can. @throws any other error */
export async function stopOf(work: () => Promise<unknown>): Promise<string | null> {
  try {
    await work();
    return null;
  } catch (error) {
    if (error instanceof Stopped) return error.message;
    throw error;
  }
}
