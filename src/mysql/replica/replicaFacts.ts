import { readAurora } from '../health/aurora.ts';
import { type ReplicaChannel, readReplicaStatus } from '../health/replicaStatus.ts';
import type { Flavor, Session } from '../session/session.ts';

/** Which server it is. */
export interface ServerName {
  flavor: Flavor;
  /** `server_uuid`; null on MariaDB, which has none. */
  uuid: string | null;
  id: string;
  aurora: boolean;
}

/** A server that an export may read in place of the source. */
export interface ReplicaFacts extends ServerName {
  readOnly: boolean;
  channels: readonly ReplicaChannel[];
}

export async function readServerName(session: Session): Promise<ServerName> {
  const uuid = session.flavor === 'mysql' ? '@@server_uuid' : 'NULL';
  const [row] = await session.rows(`SELECT ${uuid} AS uuid, @@server_id AS id`);
  const aurora = (await readAurora(session)) !== undefined;
  return { flavor: session.flavor, uuid: row?.uuid ?? null, id: String(row?.id), aurora };
}

export async function readReplicaFacts(session: Session): Promise<ReplicaFacts> {
  const name = await readServerName(session);
  const [row] = await session.rows('SELECT @@global.read_only + @@innodb_read_only AS readOnly');
  // An Aurora reader shares the writer's storage and follows no binary log.
  const channels = name.aurora ? [] : await readReplicaStatus(session);
  return { ...name, readOnly: Number(row?.readOnly) > 0, channels };
}

/** The channel by which a replica follows the source itself. */
export function channelFrom(source: ServerName, { channels }: ReplicaFacts): ReplicaChannel | undefined {
  return channels.find(({ Source_UUID, Master_UUID, Source_Server_Id, Master_Server_Id }) => {
    const uuid = Source_UUID ?? Master_UUID;
    return source.uuid && uuid ? uuid === source.uuid : String(Source_Server_Id ?? Master_Server_Id) === source.id;
  });
}

/** What is wrong with a server as the replica of a source, with the way on; undefined where nothing is. Pure. */
export function unfitFor(source: ServerName, replica: ReplicaFacts): { fact: string; remedy: string } | undefined {
  const remedy = 'Name a replica of the source in source.exportReplica, or write export: { from: writer }';
  if (replica.flavor !== source.flavor || replica.aurora !== source.aurora)
    return { fact: `it is ${familyOf(replica)} and the source is ${familyOf(source)}`, remedy };
  if (!replica.aurora && isSame(source, replica)) return { fact: 'it is the source itself', remedy };
  if (!replica.readOnly)
    return {
      fact: 'it takes writes (read_only = 0), so that its rows may be others than the source’s',
      remedy: 'SET GLOBAL read_only = 1 there, or write export: { from: writer }',
    };
  if (replica.aurora || channelFrom(source, replica)) return undefined;
  if (replica.channels.length === 0) return { fact: 'it replicates from nobody', remedy };
  const others = replica.channels.map(({ Source_Host, Master_Host }) => String(Source_Host ?? Master_Host)).join(', ');
  return { fact: `it is a replica of another server (${others}), not of the source itself`, remedy };
}

function isSame(one: ServerName, other: ServerName): boolean {
  return one.uuid === null ? one.id === other.id : one.uuid === other.uuid;
}

function familyOf({ flavor, aurora }: ServerName): string {
  if (aurora) return 'Aurora MySQL';
  return flavor === 'mariadb' ? 'MariaDB' : 'MySQL';
}
