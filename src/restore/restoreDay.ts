import type { ManifestPart } from '../archive/manifest.ts';
import { rowTest } from '../archive/rowFilter.ts';
import { PacedPages } from '../export/pacedPages.ts';
import { Stopped } from '../job/attempt.ts';
import type { Job } from '../job/job.ts';
import { readRestore, readRestoredDays, setDayRestored } from '../ledger/restores.ts';
import { formatTableName, type TableName } from '../model/tableName.ts';
import { dayManifest } from '../partition/dayManifest.ts';
import { requireObjects } from '../partition/open/openManifest.ts';
import { chooseLoading, readLoadingFacts } from './chooseLoading.ts';
import { chunkRuns, type PlannedRun, readRun } from './chunkRuns.ts';
import { type Loading, loadedChunks, loadedRows, loadRun } from './loadRun.ts';
import { loadingMode } from './loadStatement.ts';
import { chunksADay, columnsOf } from './scratchTable.ts';

/** A day whose rows are in the target, each chunk of them proved there. */
export interface RestoredRows {
  rows: number;
  /** Compressed, from S3. */
  bytes: number;
  seconds: number;
}

/** Two sessions load at once; each has a run in hand and one that is read ahead. */
const loaders = 2;

/**
 * Loads a day into the target. A run of chunks is loaded and proved by MySQL's own digest in one transaction: what is
 * committed is proved, and a retry goes on with the chunks that aren't there.
 * @throws Stopped
 */
export async function restoreDay(job: Job, target: TableName): Promise<RestoredRows> {
  const began = performance.now();
  const { source, ledger, policy, key, attempt } = job;
  const restore = await readRestore(ledger, target);
  const day = (await readRestoredDays(ledger, target)).find((each) => each.day === key.day);
  const dayName = `${formatTableName(key)} ${key.day}`;
  if (!restore || !day)
    throw new Stopped(`${dayName}: the ledger knows no restore of it into ${formatTableName(target)}`);
  const seconds = () => Math.round((performance.now() - began) / 100) / 10;
  if (day.done) return { ...day.done, seconds: 0 };
  const manifest = await dayManifest(source, policy, key.day);
  if (manifest.revision !== day.revision)
    throw new Stopped(
      `${dayName} was healed while it was restored. Drop ${formatTableName(target)}, and restore again`,
    );
  await requireObjects(source, manifest, dayName);
  const facts = await readLoadingFacts(ledger.session);
  const scope = { policy, config: source.config, filtered: restore.filter !== '' };
  const fromS3 = (part: ManifestPart) => chooseLoading(facts, scope, part).way === 'LOAD DATA FROM S3';
  const loading: Loading = {
    job,
    restore,
    manifest,
    base: day.number * chunksADay,
    test: restore.filter === '' ? undefined : rowTest(restore.filter, columnsOf(manifest)),
    local: facts.local,
  };
  const loaded = await loadedChunks(ledger.session, target, loading.base);
  const paced = new PacedPages(job, (held) => attempt.heartbeat({ held }));
  let rows = 0;
  const runs = chunkRuns(source.store, manifest, {
    wanted: (index) => !loaded.has(index),
    byServer: fromS3,
  });
  const stop = new AbortController();
  const failed = (error: unknown) => {
    stop.abort();
    throw error;
  };
  const work = async () => {
    const session = await source.open('READ COMMITTED');
    try {
      await session.execute(`SET SESSION sql_mode = '${loadingMode}'`);
      // Aurora's right to read from S3 is a role.
      if (manifest.parts.some(fromS3)) await session.execute('SET ROLE ALL');
      for (let next = await ahead(runs, loading); next && !stop.signal.aborted; ) {
        const { run, csv } = next;
        // The following run is read while this one is loaded.
        const following = ahead(runs, loading);
        following.catch(() => undefined);
        const chunks = await csv;
        const own = await paced.read(() => loadRun(session, loading, { run, chunks }));
        rows += own;
        attempt.heartbeat({ rows, of: manifest.rows });
        next = await following;
      }
    } finally {
      session.close();
    }
  };
  // One that failed ends the others behind the run that they are at, so that none goes on beside a retry.
  const ended = await Promise.allSettled(Array.from({ length: loaders }, () => work().catch((error) => failed(error))));
  for (const each of ended) if (each.status === 'rejected') throw each.reason;
  const bytes = manifest.parts.reduce((sum, part) => sum + part.object.bytes, 0);
  const restored = { rows: await loadedRows(ledger.session, target, loading.base), bytes };
  if (!loading.test && restored.rows !== manifest.rows)
    throw new Stopped(
      `${dayName}: ${formatTableName(target)} has ${restored.rows} rows of it, the manifest ${manifest.rows}: somebody ` +
        'changed the table. Drop it, and restore again',
    );
  await setDayRestored(ledger, target, key.day, restored);
  return { ...restored, seconds: seconds() };
}

/** The next run, and its CSV on its way. */
async function ahead(runs: AsyncGenerator<PlannedRun>, { job }: Loading) {
  job.attempt.signal.throwIfAborted();
  const { value, done } = await runs.next();
  if (done) return undefined;
  const { run, byServer } = value;
  const csv = byServer ? Promise.resolve(undefined) : readRun(job.source.store, run, job.attempt.signal);
  csv.catch(() => undefined);
  return { run, csv };
}
