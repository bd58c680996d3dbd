import { type OpenedTable, openTable } from '../checks/openTable.ts';
import type { ReplicaConfig } from '../config/source.ts';
import { Stopped } from '../job/attempt.ts';
import type { TableJob } from '../job/job.ts';
import { formatTableName } from '../model/tableName.ts';
import { serverNow } from '../mysql/clock.ts';
import { hasReached, readReaderName, readReaderReport } from '../mysql/replica/auroraReader.ts';
import { channelFrom, readReplicaFacts, readServerName, unfitFor } from '../mysql/replica/replicaFacts.ts';
import {
  awaitPosition,
  type Reached,
  readSourcePosition,
  type SourcePosition,
} from '../mysql/replica/sourcePosition.ts';
import { Session } from '../mysql/session/session.ts';
import { withPair } from '../mysql/session/withPair.ts';
import { pause } from '../pacing/pause.ts';

/** The two connections that pages are read with. */
export type PageSessions = readonly [Session, Session];

/** The replica hasn't applied yet what the source had committed when the export began. The export is tried again. */
export class ReplicaBehind extends Error {
  override readonly name = 'ReplicaBehind';
}

/** Between two heartbeats while it waits for the replica. */
const stepSeconds = 2;
const toWriter = 'or write export: { from: writer }';

/**
 * Opens the connections that an export reads with where its policy says `from: replica`; undefined for the source itself.
 * Both are looked at, because a name may lead each of them to another replica.
 * @throws Stopped for a server that isn't a replica of the source; ReplicaBehind
 */
export async function withReplica<Result>(
  job: TableJob,
  opened: OpenedTable,
  work: (sessions: PageSessions | undefined) => Promise<Result>,
): Promise<Result> {
  const { policy, source } = job;
  if (policy.export?.from !== 'replica') return work(undefined);
  const replica = source.config.source.exportReplica;
  if (!replica)
    throw new Stopped(
      `${formatTableName(policy)}: its policy says export: { from: replica }, and no replica is named. Write ` +
        `source.exportReplica: mysql://db-2:3306, ${toWriter}`,
    );
  const asked = { replica, patienceSeconds: source.replicaPatienceSeconds };
  return withPair(() => openReplica(job, opened, asked), work);
}

interface NamedReplica {
  replica: ReplicaConfig;
  /** How long it is waited for. */
  patienceSeconds: number;
}

/**
 * A connection to a replica that has applied all that the source has committed by now, with the source's columns.
 * @throws Stopped, ReplicaBehind
 */
export async function openReplica(job: TableJob, opened: OpenedTable, asked: NamedReplica): Promise<Session> {
  const { ledger, policy } = job;
  const { replica } = asked;
  const refuse = ({ fact, remedy }: { fact: string; remedy: string }) =>
    new Stopped(`${formatTableName(policy)} is to be read from replica ${replica.name}: ${fact}. ${remedy}`);
  const target = await targetOf(ledger.session);
  if (!target)
    throw refuse({
      fact: 'how far it is can’t be compared with the source, which shows no binary log',
      remedy: `Switch the source's binary log on, GRANT REPLICATION CLIENT ON *.* to the user, ${toWriter}`,
    });
  const session = await Session.open(replica, 'REPEATABLE READ');
  try {
    const unfit = unfitFor(await readServerName(ledger.session), await readReplicaFacts(session));
    if (unfit) throw refuse(unfit);
    const reached = await awaitReplica(job, session, target, asked);
    if (reached === 'incomparable')
      throw refuse({
        fact: 'how far it is can’t be compared with the source: the source counts by GTID, the replica doesn’t',
        remedy: `SET GLOBAL gtid_mode = ON there, ${toWriter}`,
      });
    if (reached !== 'reached') throw new ReplicaBehind(behindText(job, asked, reached));
    const { schema } = await openTable(session, { ...policy, purge: 'disabled' });
    const differs = schema.fingerprint !== opened.schema.fingerprint || schema.index !== opened.schema.index;
    if (differs)
      throw refuse({
        fact: 'its columns, or the index by time, aren’t the source’s',
        remedy: `Make them so, ${toWriter}`,
      });
    return session;
  } catch (error) {
    session.close();
    throw error;
  }
}

function behindText({ policy }: TableJob, { replica, patienceSeconds }: NamedReplica, reached: Reached): string {
  const why =
    reached === 'stopped'
      ? 'its SQL thread is stopped: START REPLICA there'
      : `it hasn't applied within ${patienceSeconds} s what the source had committed`;
  const goesOn = `The export is tried again; ${toWriter.slice(3)} to go on without it`;
  return `${formatTableName(policy)} is to be read from replica ${replica.name}, which is behind: ${why}. ${goesOn}`;
}

/** Taken after the day was found settled: it covers whatever was committed into the day by now. */
async function targetOf(source: Session): Promise<SourcePosition | undefined> {
  const { aurora } = await readServerName(source);
  return aurora ? { by: 'time', epochMillis: Date.parse(await serverNow(source)) } : readSourcePosition(source);
}

/** Waits for the replica, with a heartbeat each few seconds. */
async function awaitReplica(
  { ledger, attempt }: TableJob,
  replica: Session,
  target: SourcePosition,
  { replica: { name }, patienceSeconds }: NamedReplica,
): Promise<Reached> {
  const facts = await readReplicaFacts(replica);
  const channel = channelFrom(await readServerName(ledger.session), facts);
  const deadline = performance.now() + patienceSeconds * 1000;
  for (let seconds = 0; ; seconds = stepSeconds) {
    attempt.signal.throwIfAborted();
    const reached = facts.aurora
      ? await awaitReader(ledger.session, replica, target, attempt.signal)
      : await awaitPosition(replica, target, String(channel?.Channel_Name ?? ''), seconds);
    if (reached !== 'behind' || performance.now() > deadline) return reached;
    attempt.heartbeat({ held: `waits for replica ${name} to apply what the source has committed` });
  }
}

/** An Aurora reader has no position: its writer knows how far behind it was when it last reported. */
async function awaitReader(
  writer: Session,
  reader: Session,
  target: SourcePosition,
  signal: AbortSignal,
): Promise<Reached> {
  const { server, skipsRows } = await readReaderName(reader);
  if (target.by !== 'time' || skipsRows) return 'incomparable';
  const report = await readReaderReport(writer, server);
  if (report && hasReached(report, target.epochMillis)) return 'reached';
  await pause(500, signal);
  return 'behind';
}
