import { takeRun } from '../archive/chunkBounds.ts';
import { type Digest, sameDigest } from '../archive/digest.ts';
import { pacedRead } from '../export/pacedPages.ts';
import type { Job } from '../job/job.ts';
import type { Source } from '../job/source.ts';
import { isStop } from '../job/stops.ts';
import { messageOf } from '../model/error.ts';
import { errnoOf, isFatal } from '../mysql/errors.ts';
import { qualified } from '../mysql/quote.ts';
import {
  createExchangeTable,
  digestExchangeTables,
  digestOfPartition,
  exchange,
  findStray,
  readNativeLayout,
} from '../native/exchange.ts';
import {
  type ExchangeAccount,
  exchangePrefix,
  type NativeExchange,
  recordDeleted,
  recordIntent,
} from '../native/exchangeLedger.ts';
import { fitNative } from '../native/fit.ts';
import { dropAccounted, dropOrphans, settleExchanges } from '../native/settleExchanges.ts';
import type { OpenedDay } from '../partition/open/openDay.ts';
import { mayDeleteProcedure } from '../procedures/mayDelete.ts';
import { ensureProcedure } from '../procedures/storedProcedure.ts';

/**
 * How a day that may be native partitions was purged: its rows are out and counted as deleted, or why it is purged in
 * chunks, or that the slice's time is over before the proof in place is.
 */
export type NativeOutcome = { exchanged: string[]; rows: number } | { chunks: string } | { provedPercent: number };

/**
 * How many of a day's chunks this process has proved in place, by the day and its manifest's version. It spares the next
 * slice the same statements; no row goes by it, because the exchange table is proved whole.
 */
const provedChunks = new WeakMap<Source, Map<string, number>>();

/**
 * How long an exchange waits for the table's metadata lock, and how often. Every query on the table waits behind it, so
 * the wait is short, and the queue gets through between two tries.
 */
const lockWait = { seconds: 2, tries: 2 };
/** Rows that one statement of the proof in place reads. A cancelled attempt stops between two statements. */
const rowsAProof = 50_000;

/** What the slice gives to a native purge. */
interface NativeSlice {
  /** How long the slice may last, in milliseconds. */
  forMillis: number;
  reach(end: number, rows: number): Promise<void>;
  /** Runs what works at the server, so that what others feel of it is measured. */
  during<T>(work: () => Promise<T>): Promise<T>;
}

/**
 * Purges a day that is exactly one or several native partitions: proves it in place, records the intent, exchanges it
 * with empty tables, proves these whole, counts their rows as deleted, and drops them. If anything is in the way, all rows
 * go back and the day is purged in chunks. The native partitions stay, empty, for rows that come late.
 * @throws Fenced, Stopped, and what a dead connection throws: the next attempt settles the exchange
 */
export async function purgeNative(
  job: Job,
  day: OpenedDay,
  { forMillis, reach, during }: NativeSlice,
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
  const unproved = await provePartition(job, day, fit.names, Date.now() + forMillis / 2);
  if (unproved) return unproved;
  await dropOrphans(ledger, key);
  const exchangeTables = fit.names.map(
    (native, index): NativeExchange => ({ name: `${exchangePrefix(key)}${epoch}_${index}`, native, state: 'intended' }),
  );
  const procedure = mayDeleteProcedure(ledger, schema);
  await ensureProcedure(session, procedure);
  const account: ExchangeAccount = {
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
  const failed = await moveOut(job, day, { exchangeTables, account, whole, during });
  if (failed !== undefined) {
    await settleExchanges(ledger, key, epoch);
    await dropOrphans(ledger, key);
    return { chunks: failed };
  }
  for (const exchangeTable of exchangeTables) await dropAccounted(ledger, exchangeTable.name);
  return { exchanged: fit.names, rows: whole.rows };
}

/** Proves the rows where they are, at the pace of an export. @returns why they aren't proved; undefined if they are */
async function provePartition(
  job: Job,
  { schema, row, chunks, key }: OpenedDay,
  names: readonly string[],
  until: number,
): Promise<{ chunks: string } | { provedPercent: number } | undefined> {
  const { ledger, attempt, source } = job;
  const paced = pacedRead(job, { phase: 'proving in place' });
  const kept = provedChunks.get(source) ?? new Map<string, number>();
  provedChunks.set(source, kept);
  const name = JSON.stringify([key, row.manifestVersion]);
  let next = kept.get(name) ?? 0;
  while (next < chunks.length) {
    const provedPercent = Math.floor((100 * next) / chunks.length);
    if (attempt.signal.aborted || Date.now() > until) return { provedPercent };
    attempt.heartbeat({ phase: 'proving in place', percent: provedPercent });
    const run = takeRun(chunks, next, rowsAProof);
    const to = chunks[next + run.chunks - 1]?.to;
    const range = { schema, window: row.window, from: chunks[next]?.from, to, salt: row.salt };
    const found = await paced(() => digestOfPartition(ledger.session, range, names)).catch((error) => {
      if (!attempt.signal.aborted) throw error;
    });
    if (!found) return { provedPercent };
    if (!sameDigest(found, run.digest)) {
      kept.delete(name);
      return {
        chunks: `native partition ${names.join(', ')} isn't what was archived: ${found.rows} rows in the table, ${run.digest.rows} in the archive, or others`,
      };
    }
    next += run.chunks;
    kept.set(name, next);
  }
  kept.delete(name);
  return undefined;
}

/** What is moved out of the table, and what the ledger records of it. */
interface Exchange {
  exchangeTables: readonly NativeExchange[];
  account: ExchangeAccount;
  /** The digest of all the day's rows. */
  whole: Digest;
  during: NativeSlice['during'];
}

/** From the intent to the count. @returns why the rows must go back, in words; undefined if they are counted as deleted */
async function moveOut(
  { ledger, attempt }: Job,
  { schema, row, key }: OpenedDay,
  { exchangeTables, account, whole, during }: Exchange,
): Promise<string | undefined> {
  const { session } = ledger;
  const tables = exchangeTables.map((exchangeTable) => qualified(ledger.name, exchangeTable.name));
  try {
    for (const exchangeTable of exchangeTables)
      if ((await createExchangeTable(session, schema, ledger.name, exchangeTable.name)) !== schema.fingerprint)
        return 'the columns have changed since the export';
    if (attempt.signal.aborted) return 'the attempt was cancelled before the exchange';
    const refused = await recordIntent(ledger, key, exchangeTables, account);
    if (refused) return refused;
    for (const [index, exchangeTable] of exchangeTables.entries()) {
      attempt.heartbeat({ phase: 'exchanging', native: exchangeTable.native });
      const names = { native: exchangeTable.native, exchangeTable: tables[index] ?? '' };
      await during(() => exchange(session, schema, names, lockWait));
    }
    attempt.heartbeat({ phase: 'proving the exchange table', rows: whole.rows });
    const found = await during(() => digestExchangeTables(session, schema, row.salt, tables));
    if (!sameDigest(found, whole))
      return `rows changed between the proof in place and the exchange: ${found.rows} in the exchange table, ${whole.rows} in the archive`;
    return await recordDeleted(ledger, key, account);
  } catch (error) {
    // On a living connection, the server's refusal is a reason to purge in chunks. The next attempt settles anything else.
    if (isStop(error) || errnoOf(error) === undefined || isFatal(error)) throw error;
    return messageOf(error);
  }
}
