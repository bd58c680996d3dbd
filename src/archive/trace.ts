import { z } from 'zod';
import type { Cursor } from './chunk.ts';

/** A place in a pass: the cursor of its last chunk, how many chunks lie up to it, and the rows deleted of the whole day. */
const point = z.strictObject({
  cursor: z.array(z.string()).min(1).nullable(),
  chunks: z.int().nonnegative(),
  /** Rows of all passes, as the ledger counts them. */
  rows: z.int().nonnegative(),
});

const trace = z.strictObject({
  traceVersion: z.literal(1),
  source: z.strictObject({ name: z.string(), serverId: z.string(), database: z.string(), table: z.string() }),
  day: z.string(),
  state: z.enum(['purging', 'purged']),
  /** The epoch of the attempt that wrote it. */
  epoch: z.int().positive(),
  /** The manifest that is purged against. */
  manifest: z.strictObject({ revision: z.int().positive(), version: z.string() }),
  pass: z.int().positive(),
  /** What was deleted for certain when this was written. */
  done: point,
  /** How far the deletes may have gone since: none goes beyond. */
  until: point,
  writtenAt: z.string(),
  /** Tells this writing from every other, where S3's answer to it was lost. */
  writing: z.string(),
});

/** What a purge leaves beside the manifest: the witness of its deletes outside the ledger. */
export type Trace = z.infer<typeof trace>;
export type TracePoint = Trace['done'];

export class MalformedTrace extends Error {
  override readonly name = 'MalformedTrace';
}

/** @throws MalformedTrace */
export function parseTrace(text: string, key: string): Trace {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new MalformedTrace(`${key} is no JSON: put its newest whole version back, then go on`, { cause });
  }
  const parsed = trace.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new MalformedTrace(
    `${key} isn't a purge's trace that this Sediment can read (${z.prettifyError(parsed.error)}): update ` +
      `this worker, or put the trace's newest whole version back, then go on`,
  );
}

export function renderTrace(trace: Trace): Buffer {
  return Buffer.from(`${JSON.stringify(trace, null, 2)}\n`);
}

/** What a ledger says of a day's purge. */
export interface Account {
  epoch: number;
  revision: number;
  pass: number;
  cursor: Cursor | null;
  rowsDeleted: number;
}

/**
 * In what the ledger is behind the trace, in words; undefined if it may be as new. Cursors can't be compared as text, so
 * the caller, who knows the pass's chunks, compares their positions too.
 */
export function behindTrace(ledger: Account, trace: Trace): string | undefined {
  const says = (what: string, known: number) => `${what} by the trace, ${known} by the ledger`;
  if (ledger.rowsDeleted < trace.done.rows) return says(`${trace.done.rows} rows deleted`, ledger.rowsDeleted);
  if (ledger.epoch < trace.epoch) return says(`epoch ${trace.epoch}`, ledger.epoch);
  if (ledger.pass < trace.pass) return says(`pass ${trace.pass}`, ledger.pass);
  if (ledger.revision < trace.manifest.revision)
    return says(`revision ${trace.manifest.revision} of the manifest`, ledger.revision);
  return undefined;
}
