/** Waits so many milliseconds, or until the signal aborts: the caller looks at the signal next. */
export function pause(millis: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    // The global timer, because a test's clock can stand in for that one alone.
    const timer = setTimeout(done, millis);
    function done() {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    }
    signal.addEventListener('abort', done);
  });
}

/** Waits for some work, but so many milliseconds at most, and until the signal aborts. */
export async function waitAtMost(work: Promise<void> | undefined, millis: number, signal: AbortSignal): Promise<void> {
  const over = new AbortController();
  await Promise.race([work, pause(millis, AbortSignal.any([signal, over.signal]))]);
  over.abort();
}
