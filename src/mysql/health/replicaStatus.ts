import type { Reading } from '../../pacing/throttle.ts';
import { isSyntaxError } from '../errors.ts';
import type { Session } from '../session/session.ts';
import type { BinlogPosition, TrailLag } from './binlogHistory.ts';

/** A row of SHOW REPLICA STATUS; there is one per channel. */
export type ReplicaChannel = Readonly<Record<string, string | number | null | undefined>>;

/** @throws the server's error, for example without REPLICATION CLIENT */
export async function readReplicaStatus(session: Session): Promise<ReplicaChannel[]> {
  // On MariaDB, the other statement shows the connection without a name alone.
  if (session.flavor === 'mariadb') return session.rows('SHOW ALL SLAVES STATUS');
  try {
    return await session.rows('SHOW REPLICA STATUS');
  } catch (error) {
    // Before MySQL 8.0.22 it had another name.
    if (!isSyntaxError(error)) throw error;
    return session.rows('SHOW SLAVE STATUS');
  }
}

/** The lag of a replica that has applied the source's binary log up to a position; undefined if it isn't known. */
export type LagByTrail = (serverId: string, applied: BinlogPosition) => TrailLag | undefined;

/**
 * What a replica's status says of its lag. A host that is no replica, or doesn't read, or doesn't apply, has an unknown
 * lag, which must not look like none (pitfall P43).
 */
export function replicaLag(
  channels: readonly ReplicaChannel[],
  byTrail: LagByTrail = () => undefined,
): Pick<Reading, 'value' | 'unfit'> {
  if (channels.length === 0) return { unfit: 'it replicates from nobody, so its lag says nothing' };
  let worst = 0;
  for (const channel of channels) {
    // MySQL's names, then MariaDB's.
    const of = (mysql: string, mariadb: string) => channel[mysql] ?? channel[mariadb] ?? undefined;
    const applies = of('Replica_SQL_Running', 'Slave_SQL_Running');
    if (applies !== 'Yes') return { unfit: `its SQL thread is stopped${because(channel.Last_SQL_Error)}` };
    const reads = of('Replica_IO_Running', 'Slave_IO_Running');
    if (reads !== 'Yes')
      return {
        unfit: `its IO thread is ${reads === 'Connecting' ? 'not connected' : 'stopped'}${because(channel.Last_IO_Error)}`,
      };
    const seconds = of('Seconds_Behind_Source', 'Seconds_Behind_Master');
    if (seconds === undefined || !Number.isFinite(Number(seconds))) return { unfit: 'it doesn’t know its own lag' };
    const applied = {
      file: String(of('Relay_Source_Log_File', 'Relay_Master_Log_File')),
      position: Number(of('Exec_Source_Log_Pos', 'Exec_Master_Log_Pos')),
    };
    const trail = byTrail(String(of('Source_Server_Id', 'Master_Server_Id')), applied);
    worst = Math.max(worst, trail?.seconds ?? 0, trail && !trail.atLeast ? 0 : Number(seconds));
  }
  return { value: worst };
}

function because(error: ReplicaChannel[string]): string {
  return error ? ` (${String(error).slice(0, 200)})` : '';
}
