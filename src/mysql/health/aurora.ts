import type { Reading } from '../../pacing/throttle.ts';
import { isUnknownVariable } from '../errors.ts';
import type { Session } from '../session/session.ts';

/** Whether the server is Aurora, and how many vCPUs it has: Aurora has one buffer pool instance per vCPU. */
export async function readAurora(session: Session): Promise<{ vcpus: number } | undefined> {
  try {
    const [row] = await session.rows('SELECT @@aurora_version AS version, @@innodb_buffer_pool_instances AS vcpus');
    return { vcpus: Number(row?.vcpus) };
  } catch (error) {
    // Any other server.
    if (isUnknownVariable(error)) return undefined;
    throw error;
  }
}

/** Aurora's counters since its start. */
export interface CommitCounters {
  commits: number;
  /** Latency of all commits together, in microseconds. */
  latencyMicros: number;
}

/** Milliseconds per commit between two samples; undefined if there was none, or after a restart. */
export function commitMillisBetween(before: CommitCounters | undefined, after: CommitCounters): number | undefined {
  if (!before) return undefined;
  const commits = after.commits - before.commits;
  const micros = after.latencyMicros - before.latencyMicros;
  if (!(commits >= 0 && micros >= 0)) return undefined;
  return commits === 0 ? 0 : micros / commits / 1000;
}

/** A row of Aurora's replica_host_status, as the writer has it. */
export interface AuroraReader {
  server: string;
  lagMillis: number;
  /** Seconds since the reader last reported. */
  age: number;
}

/** Reads the lag of all readers from the writer, which knows them. */
export async function readAuroraReaders(session: Session): Promise<AuroraReader[]> {
  const rows = await session.rows(
    `SELECT server_id AS server, replica_lag_in_milliseconds AS lag_millis, TIMESTAMPDIFF(SECOND, last_update_timestamp, NOW()) AS age
     FROM information_schema.replica_host_status WHERE session_id <> 'MASTER_SESSION_ID'`,
  );
  return rows.map((row) => ({ server: String(row.server), lagMillis: Number(row.lag_millis), age: Number(row.age) }));
}

/** A removed reader keeps its row. One that hasn't reported for so long no longer counts as a reader. */
const goneAfterSeconds = 300;
/** A reader reports several times per second. After so long, its last value isn't good any more (pitfall P45). */
const silentAfterSeconds = 15;

export function readerReadings(readers: readonly AuroraReader[], goodAt: number): Reading[] {
  return readers
    .filter(({ age }) => !(age > goneAfterSeconds))
    .map(({ server, lagMillis, age }) => {
      const reading: Reading = { signal: 'replicaLagSeconds', of: `reader ${server}`, goodAt };
      if (!(age <= silentAfterSeconds)) return { ...reading, unfit: `it has not reported its lag for ${age} s` };
      return { ...reading, value: lagMillis / 1000 };
    });
}
