import type { BoundedChunk } from '../../archive/chunkBounds.ts';
import { encodingOf } from '../../archive/column.ts';
import { readRows } from '../../archive/csvReader.ts';
import type { Row } from '../../archive/difference.ts';
import type { Manifest, ManifestPart } from '../../archive/manifest.ts';
import { rowTest } from '../../archive/rowFilter.ts';
import { Stopped } from '../../job/attempt.ts';
import type { Job } from '../../job/job.ts';
import { Ledger } from '../../ledger/ledger.ts';
import { advancePutBack, endPutBack, type PutBack, type PutBackPosition, readPutBack } from '../../ledger/putBacks.ts';
import { formatTableName, tableArgument } from '../../model/tableName.ts';
import { isDeadlock, isLockWait, isRightRefused } from '../../mysql/errors.ts';
import { qualified } from '../../mysql/quote.ts';
import type { TableSchema } from '../../mysql/schema/tableSchema.ts';
import type { Session } from '../../mysql/session/session.ts';
import { Pacer } from '../../pacing/pacer.ts';
import { dayManifest } from '../../partition/dayManifest.ts';
import { requireObjects } from '../../partition/open/openManifest.ts';
import { readArchivedChunk, readChunks } from '../../partition/readChunks.ts';
import { loadingMode } from '../loadStatement.ts';
import { accountOf } from '../prepareRestore.ts';
import type { RestoredRows } from '../restoreDay.ts';
import { columnsOf } from '../scratchTable.ts';
import { openLive } from './openLive.ts';
import { type LiveTable, putBackRows } from './putBackRows.ts';

/** A day whose rows are in the live table, each that was put back proved there. `rows` are those that were put back. */
export interface PutBackRowsOfDay extends RestoredRows {
  there: number;
  differing: number;
  examples: string[];
}

/** Another attempt of the same restore has put these rows back. This one goes on where that one is. */
class Overtaken extends Error {
  override readonly name = 'Overtaken';
}

const triesATransaction = 10;

/**
 * Puts a day's archived rows back into the live table, a few in one transaction, at the pace of the table's purge. The
 * ledger says in the same transaction how far it is, so that a retry goes on there, and each row is put back once.
 * @throws Stopped
 */
export async function putBackDay(job: Job, request: string): Promise<PutBackRowsOfDay> {
  const began = performance.now();
  const { source, ledger, policy, key } = job;
  const dayName = `${formatTableName(key)} ${key.day}`;
  const order = await requireOrder(job, request);
  const manifest = await dayManifest(source, policy, key.day);
  const bytes = manifest.parts.reduce((sum, part) => sum + part.object.bytes, 0);
  const seconds = () => Math.round((performance.now() - began) / 100) / 10;
  const resultOf = ({ inserted, there, differing, examples }: PutBack) => {
    return { rows: inserted, there, differing, examples: [...examples], bytes, seconds: seconds() };
  };
  if (order.done) return resultOf(order);
  if (manifest.revision !== order.revision)
    throw new Stopped(
      `${dayName}: its archive has another revision than when the restore began; run the same command again`,
    );
  await requireObjects(source, manifest, dayName);
  const schema = await openLive(job);
  const session = await source.open('READ COMMITTED');
  try {
    await session.execute(`SET SESSION sql_mode = '${loadingMode}'`);
    await putBack(job, session, { request, order, manifest, schema });
  } catch (error) {
    if (isRightRefused(error)) throw await lacksInsert(job, error);
    throw error;
  } finally {
    session.close();
  }
  await endPutBack(ledger, key, request);
  return resultOf(await requireOrder(job, request));
}

async function requireOrder({ ledger, key }: Job, request: string): Promise<PutBack> {
  const order = await readPutBack(ledger, key);
  if (order?.request === request) return order;
  throw new Stopped(
    `${formatTableName(key)} ${key.day}: another restore --live has taken this day over; sediment history ${tableArgument(key)} says whose`,
  );
}

interface Work {
  request: string;
  order: PutBack;
  manifest: Manifest;
  schema: TableSchema;
}

/** The chunks of all passes, the newest pass first: of a key that two of them have, the newer row goes into the table. */
async function chunksOf({ source }: Job, manifest: Manifest): Promise<BoundedChunk[]> {
  const passes = [...new Set(manifest.parts.map(({ pass }) => pass))].sort((one, other) => other - one);
  const chunks: BoundedChunk[] = [];
  for (const pass of passes) chunks.push(...(await readChunks(source.store, manifest, pass)));
  return chunks;
}

async function putBack(job: Job, session: Session, work: Work): Promise<void> {
  const { source, policy, attempt, key } = job;
  const { manifest, request } = work;
  const chunks = await chunksOf(job, manifest);
  const columns = columnsOf(manifest);
  const encodings = columns.map(encodingOf);
  const test = work.order.filter === '' ? undefined : rowTest(work.order.filter, columns);
  const { window: _, ...unbounded } = policy;
  const pacer = new Pacer({ policy: unbounded, health: source.health, others: source.impact });
  let { next } = work.order;
  let done = 0;
  while (next.chunk < chunks.length) {
    const chunk = chunks[next.chunk] as BoundedChunk;
    const live = liveTable(work, chunk.part);
    const { csv } = await readArchivedChunk(source.store, manifest, chunk, encodings);
    const wanted: Row[] = [];
    for (const row of readRows(csv, encodings.slice(0, chunk.part.width))) if (!test || test(row)) wanted.push(row);
    do {
      const progress = { rows: done, chunk: next.chunk, of: chunks.length };
      while (await pacer.ready(attempt.signal, ({ reason }) => attempt.heartbeat({ ...progress, held: reason })));
      attempt.heartbeat(progress);
      const some = wanted.slice(next.row, next.row + pacer.rows);
      const last = next.row + some.length >= wanted.length;
      const behind = last ? { chunk: next.chunk + 1, row: 0 } : { chunk: next.chunk, row: next.row + some.length };
      const from: PutBackPosition = next;
      const step = { request, from, next: behind };
      const moved = await transact(job, session, pacer, { live, some, step });
      next = moved ? behind : (await requireOrder(job, request)).next;
      done += moved ? some.length : 0;
      if (!moved && next.chunk !== from.chunk) break;
    } while (next.chunk < chunks.length && next.row > 0);
  }
  attempt.report?.({ table: formatTableName(key), day: key.day }, { event: 'putBack', rows: done });
}

interface Step {
  live: LiveTable;
  some: readonly Row[];
  step: { request: string; from: PutBackPosition; next: PutBackPosition };
}

/** @returns false where another attempt has put these rows back */
async function transact(
  { ledger, key }: Job,
  session: Session,
  pacer: Pacer,
  { live, some, step }: Step,
): Promise<boolean> {
  const inOwn = new Ledger(session, ledger.name);
  for (let tries = 1; ; tries++) {
    const began = performance.now();
    try {
      await pacer.during(() =>
        session.transaction(async () => {
          const done = await putBackRows(session, live, some);
          if (!(await advancePutBack(inOwn, key, { ...step, done }))) throw new Overtaken();
        }),
      );
      pacer.record(some.length, performance.now() - began);
      return true;
    } catch (error) {
      if (error instanceof Overtaken) return false;
      if ((!isLockWait(error) && !isDeadlock(error)) || tries === triesATransaction) throw error;
      pacer.recordContention(isLockWait(error) ? 'lock wait' : 'deadlock');
    }
  }
}

/** Which of a part's columns the table has now. */
function liveTable({ schema, manifest }: Work, part: ManifestPart): LiveTable {
  const columns = schema.columns
    .map((column, field) => ({ column, field }))
    .filter(({ column, field }) => field < part.width && !column.dropped);
  const later = schema.columns
    .slice(part.width)
    .filter((column) => !column.dropped && !column.generated && column.nullable)
    .map(({ name }) => name);
  const keyFields = schema.primaryKey.map(({ name }) => schema.columns.findIndex((column) => column.name === name));
  return { schema, salt: manifest.salt, columns, later, keyFields };
}

async function lacksInsert({ ledger, key }: Job, cause: unknown): Promise<Stopped> {
  const account = await accountOf(ledger.session);
  return new Stopped(
    `${formatTableName(key)}: ${account} may not put rows back into it. Give it the right for as long as you restore: ` +
      `GRANT INSERT ON ${qualified(key.database, key.table)} TO ${account};`,
    { cause },
  );
}
