import type { ResultSetHeader } from 'mysql2';
import { rootPrefix } from '../archive/keys.ts';
import { AuroraLoadRefused, namedLoadError } from '../aurora/loadErrors.ts';
import type { Job } from '../job/job.ts';
import { formatTableName } from '../model/tableName.ts';
import { identifier, qualified } from '../mysql/quote.ts';
import { killStatement } from '../mysql/session/killStatement.ts';
import type { Session } from '../mysql/session/session.ts';
import type { ChunkRun } from './chunkRuns.ts';
import { type ChunkTarget, fromS3Statement } from './loadStatement.ts';
import { chunkColumn } from './scratchTable.ts';

/** Bit of the status that comes with each answer: a transaction is open. */
const inTransaction = 1;

/**
 * Has an Aurora server load a whole part into the transaction that is open. Its statement names no version: what lies under
 * the key was looked at when the day was begun, and the proof behind the load finds what was written since. It is killed
 * where nobody waits for it any more.
 * @throws AuroraLoadRefused, AuroraLoadFailed
 */
export async function loadFromS3(
  session: Session,
  { source, key: partition, attempt }: Job,
  into: ChunkTarget,
  run: ChunkRun,
): Promise<void> {
  const { bucket, region, prefix } = source.config.store;
  const key = String(run[0]?.part.object.key);
  const sql = fromS3Statement(
    into,
    `s3-${region}://${bucket}/${key}`,
    run.map(({ chunk }) => chunk.rows),
  );
  await session.execute('SET @sediment_row = 0');
  // Again until it has ended: the server may not have begun it yet.
  const kill = () => {
    if (attempt.signal.aborted) void killStatement(session, [sql.slice(0, markLength)]).catch(() => false);
  };
  attempt.signal.addEventListener('abort', kill, { once: true });
  const looking = setInterval(kill, lookMillis);
  const object = {
    into: `${formatTableName(partition)} ${partition.day}, into ${formatTableName(into.target)}`,
    bucket,
    key,
    prefix: rootPrefix(prefix),
    user: source.config.source.user,
  };
  try {
    const ask = () => session.connection.promise().query<ResultSetHeader>(sql);
    const [answer] = await session.during(ask);
    if ((answer.serverStatus & inTransaction) === 0) throw await committed(session, into, run, object.into);
  } catch (error) {
    throw namedLoadError(error, object);
  } finally {
    clearInterval(looking);
    attempt.signal.removeEventListener('abort', kill);
  }
}

/** Between two looks at whether the statement is still wanted. */
const lookMillis = 1000;

/** The server's list shows as much of a statement, the URI in it. */
const markLength = 500;

/** Nothing may be in the target that isn't proved. Aurora's documentation doesn't say whether the statement commits. */
async function committed(session: Session, into: ChunkTarget, run: ChunkRun, what: string): Promise<Error> {
  const { database, table } = into.target;
  await session.execute(
    `DELETE FROM ${qualified(database, table)} WHERE ${identifier(chunkColumn)} BETWEEN ${into.number} AND ${into.number + run.length - 1}`,
  );
  return new AuroraLoadRefused(
    `${what}: the server committed a LOAD DATA FROM S3 by itself, before its rows were proved. They are deleted again; ` +
      'write engine: stream, and the worker loads it. Please report this line',
  );
}
