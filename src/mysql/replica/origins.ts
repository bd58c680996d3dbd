import { isRightRefused } from '../errors.ts';
import { type ReplicaChannel, readReplicaStatus } from '../health/replicaStatus.ts';
import type { Session } from '../session/session.ts';

/** Where a server is known to replicate from someone, and not from whom. */
const someone = 'another server';

/**
 * The servers that this one replicates from at this moment, as host:port. A channel whose threads are both stopped is what
 * a promotion has left. Without the right to ask on MySQL, none.
 */
export async function readOrigins(session: Session): Promise<string[]> {
  if (session.flavor === 'mysql')
    return ((await unlessRefused(() => readReplicaStatus(session))) ?? []).flatMap(originOf);
  // Its list of channels takes a right of its own; its threads are seen with PROCESS.
  const [threads] = await session.rows(
    "SELECT COUNT(*) AS number FROM information_schema.PROCESSLIST WHERE COMMAND IN ('Slave_IO', 'Slave_SQL')",
  );
  if (Number(threads?.number) === 0) return [];
  const channels = await unlessRefused(() => readReplicaStatus(session));
  const origins = (channels ?? []).flatMap(originOf);
  return origins.length > 0 ? origins : [someone];
}

/** The members of a group replicate from each other, and one of them takes the writes. */
const ofGroup = /^group_replication_/;

export function originOf(channel: ReplicaChannel): string[] {
  if (ofGroup.test(String(channel.Channel_Name ?? ''))) return [];
  const threads = ['Replica_IO_Running', 'Replica_SQL_Running', 'Slave_IO_Running', 'Slave_SQL_Running'];
  const runs = threads.some((thread) => (channel[thread] ?? 'No') !== 'No');
  const host = channel.Source_Host ?? channel.Master_Host;
  return runs ? [host ? `${host}:${channel.Source_Port ?? channel.Master_Port}` : someone] : [];
}

async function unlessRefused<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (isRightRefused(error)) return undefined;
    throw error;
  }
}
