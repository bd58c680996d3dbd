import { pause } from '../pacing/pause.ts';

/** What keeps a server from answering; undefined where it does. @param late the error where no answer came in time */
export async function failureWithin(
  ask: () => Promise<unknown>,
  millis: number,
  late: () => Error,
): Promise<Error | undefined> {
  const over = new AbortController();
  try {
    const silence = pause(millis, over.signal).then(() => {
      throw late();
    });
    await Promise.race([ask(), silence]);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  } finally {
    over.abort();
  }
}
