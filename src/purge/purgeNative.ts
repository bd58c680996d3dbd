import { takeRun } from '../archive/chunkBounds.ts';
import { type Digest, sameDigest } from '../archive/digest.ts';
import type { Job } from '../job/job.ts';
import { isStop } from '../job/stops.ts';
import { messageOf } from '../model/error.ts';
import { errnoOf, isFatal } from '../mysql/errors.ts';
import { qualified } from '../mysql/quote.ts';
import { createTwin, digestInPlace, digestTwins, exchange, findStray, readNativeLayout } from '../native/exchange.ts';
import { accountTwins, intendTwins, type Twin, type TwinAccount, twinPrefix } from '../native/exchangeLedger.ts';
import { fitNative } from '../native/fit.ts';
import { dropAccounted, dropOrphans, settleTwins } from '../native/settleExchanges.ts';
import type { OpenedDay } from '../partition/openDay.ts';
import { mayDeleteProcedure } from '../procedures/mayDelete.ts';
import { ensureProcedure } from '../procedures/storedProcedure.ts';

/** What became of a day that may be native partitions: its rows are out and accounted for, or why it goes in chunks. */
export type NativeOutcome = { exchanged: string[]; rows: number } | { chunks: string };

/** How long an exchange waits for the table's metadata lock, with every query on the table behind it, and how often: the queue gets through in between. */
const lockWait = { seconds: 2, tries: 2 };
/** Rows that one statement of the proof in place reads; an abort acts between two. */
const rowsAProof = 50_000;

/**
 * Purges a day that is exactly one or several native partitions: proves it in place, writes the intent down, exchanges
 * it into empty twins, proves the twins whole, commits the account, and drops them. Whatever stands in the way puts all
 * back and leaves the day to the chunks; the native partitions stay, empty, for rows that come late.
 * @throws Fenced, Stopped, and what a dead connection throws: the next attempt settles the twins
 */
export async function purgeNative(
  job: Job,
  day: OpenedDay,
  { forMillis, reach }: { forMillis: number; reach: (end: number, rows: number) => Promise<void> },
): Promise<NativeOutcome> {
  const { ledger } = job;
  const { session } = ledger;
  const { schema, row, key, epoch, chunks } = day;
  const fit = fitNative(await readNativeLayout(session, schema), schema.timeColumn, row.window);
  if ('why' in fit) return { chunks: fit.why };
  const stray = await findStray(session, schema, fit.names, row.window);
  if (stray !== undefined)
    return { chunks: `native partition ${fit.names.join(', ')} holds rows of other days too, one of ${stray}` };
  const whole = takeRun(chunks, 0, Number.POSITIVE_INFINITY).digest;
  const unproved = await proveInPlace(job, day, fit.names, Date.now() + forMillis / 2);
  if (unproved) return { chunks: unproved };
  await dropOrphans(ledger, key);
  const twins = fit.names.map(
    (native, index): Twin => ({ name: `${twinPrefix(key)}${epoch}_${index}`, native, state: 'intended' }),
  );
  const procedure = mayDeleteProcedure(ledger, schema);
  await ensureProcedure(session, procedure);
  const account: TwinAccount = {
    procedure: procedure.name,
    epoch,
    cursor: row.cursor,
    manifestVersion: row.manifestVersion,
    rows: whole.rows,
    chunks: chunks.length,
    fuse: day.fuse,
    fingerprint: schema.fingerprint,
    rules: schema.rules,
  };
  await reach(chunks.length, whole.rows);
  const failed = await moveOut(job, day, { twins, account, whole });
  if (failed !== undefined) {
    await settleTwins(ledger, key, epoch);
    await dropOrphans(ledger, key);
    return { chunks: failed };
  }
  for (const twin of twins) await dropAccounted(ledger, twin.name);
  return { exchanged: fit.names, rows: whole.rows };
}

/** @returns why the rows aren't those of the archive, or that they are too many for a slice; undefined where they are proved */
async function proveInPlace(
  { ledger, attempt }: Job,
  { schema, row, chunks }: OpenedDay,
  names: readonly string[],
  until: number,
): Promise<string | undefined> {
  for (let next = 0; next < chunks.length; ) {
    if (attempt.signal.aborted) return 'the attempt was cancelled during the proof in place';
    if (Date.now() > until) return 'the proof in place takes more than half a slice';
    const run = takeRun(chunks, next, rowsAProof);
    const to = chunks[next + run.chunks - 1]?.to;
    const range = { schema, window: row.window, from: chunks[next]?.from, to, salt: row.salt };
    const found = await digestInPlace(ledger.session, range, names);
    if (!sameDigest(found, run.digest))
      return `native partition ${names.join(', ')} isn't what was archived: ${found.rows} rows in the table, ${run.digest.rows} in the archive, or others`;
    next += run.chunks;
    attempt.beat({ phase: 'proving in place', percent: Math.round((100 * next) / chunks.length) });
  }
  return undefined;
}

/** What is moved out, and what is written down of it. */
interface Exchange {
  twins: readonly Twin[];
  account: TwinAccount;
  /** Of all the day's rows. */
  whole: Digest;
}

/** From the intent to the account. @returns why the rows have to go back, in words; undefined where they are accounted for */
async function moveOut(
  { ledger, attempt }: Job,
  { schema, row, key }: OpenedDay,
  { twins, account, whole }: Exchange,
): Promise<string | undefined> {
  const { session } = ledger;
  const places = twins.map((twin) => qualified(ledger.name, twin.name));
  try {
    for (const twin of twins)
      if ((await createTwin(session, schema, ledger.name, twin.name)) !== schema.fingerprint)
        return 'the columns have changed since the export';
    if (attempt.signal.aborted) return 'the attempt was cancelled before the exchange';
    const refused = await intendTwins(ledger, key, twins, account);
    if (refused) return refused;
    for (const [index, twin] of twins.entries()) {
      attempt.beat({ phase: 'exchanging', native: twin.native });
      await exchange(session, schema, twin.native, places[index] ?? '', lockWait);
    }
    attempt.beat({ phase: 'proving the twin', rows: whole.rows });
    const found = await digestTwins(session, schema, row.salt, places);
    if (!sameDigest(found, whole))
      return `rows changed between the proof in place and the exchange: ${found.rows} in the twin, ${whole.rows} in the archive`;
    return await accountTwins(ledger, key, account);
  } catch (error) {
    // What the server refuses on a connection that lives is a reason; anything else, the next attempt settles.
    if (isStop(error) || errnoOf(error) === undefined || isFatal(error)) throw error;
    return messageOf(error);
  }
}
