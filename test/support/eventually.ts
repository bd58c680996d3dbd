/** InnoDB refreshes its list of transactions only if it wasn't read for 100 ms. */
const pauseMillis = 120;

/** Looks again and again until there is something to see. @throws after `seconds` */
export async function eventually<T>(
  look: () => Promise<T | undefined>,
  what = 'what was waited for',
  seconds = 30,
): Promise<T> {
  const deadline = Date.now() + seconds * 1_000;
  for (;;) {
    const seen = await look();
    if (seen !== undefined) return seen;
    if (Date.now() > deadline) throw new Error(`${what} did not come within ${seconds} s`);
    await new Promise((resolve) => setTimeout(resolve, pauseMillis));
  }
}
