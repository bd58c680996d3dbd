import { randomUUID } from 'node:crypto';
import type { BoundedChunk } from '../archive/chunkBounds.ts';
import { endCursor } from '../archive/cursor.ts';
import { type ObjectKey, traceKey } from '../archive/keys.ts';
import { behindTrace, parseTrace, renderTrace, type Trace, type TracePoint } from '../archive/trace.ts';
import type { TablePolicy } from '../config/policy.ts';
import { Stopped } from '../job/attempt.ts';
import type { Source } from '../job/source.ts';
import { Fenced, type Ledger, type Partition, type PartitionKey } from '../ledger/ledger.ts';
import { serverIdentity } from '../ledger/serverIdentity.ts';
import type { Day } from '../model/day.ts';
import { formatTableName, tableArgument } from '../model/tableName.ts';
import { Conflict, KeyExists } from '../s3/errors.ts';

/** What to write into a trace. */
export interface TraceStep {
  state?: Trace['state'];
  done: TracePoint;
  /** How far the purge may delete; left out: no further than it has. */
  until?: TracePoint;
}

/** S3 knows more of a day than the ledger: the ledger is older than its table, or both are of an earlier time (pitfall P77, pitfall P86). */
export class WentBackInTime extends Stopped {
  override readonly name = 'WentBackInTime';
  constructor(key: Pick<PartitionKey, 'database' | 'table'> & { day?: Day }, what: string) {
    super(
      [
        `${formatTableName(key)}${key.day ? ` ${key.day}` : ''}: ${what}: the database has gone back in time, ` +
          'the ledger was restored, dropped or edited apart from its table, or the prefix belongs to another ' +
          'source.',
        `Nothing is exported, deleted or healed. Find out which first. ${rewindHint}`,
      ].join(' '),
      { command: rewindCommand(key) },
    );
  }
}

/** The last sentence of a message, before the command that continues. */
export const rewindHint = 'To bring the ledger to what S3 and the table prove together:';

export function rewindCommand(key: Pick<PartitionKey, 'database' | 'table'>): string {
  return `sediment accept ${tableArgument(key)} --rewind --reason "…"`;
}

/**
 * The trace that a purge writes beside the manifest. It is read before the epoch is raised and written under the epoch,
 * each time over exactly the one that was read or written before. What it says is true whenever the write arrives.
 */
export class PurgeTrace {
  #etag: string | undefined;
  #standing: Trace | undefined;
  #serverId: string | undefined;

  private constructor(
    readonly source: Source,
    readonly key: PartitionKey,
    readonly objectKey: ObjectKey,
  ) {}

  /** @throws Stopped if it is another partition's; MalformedTrace */
  static async read(source: Source, policy: TablePolicy, key: PartitionKey): Promise<PurgeTrace> {
    const trace = new PurgeTrace(source, key, traceKey(source.folderOf(policy), key.day));
    const found = await source.store.readSmall(trace.objectKey);
    if (!found) return trace;
    const standing = parseTrace(found.body.toString('utf8'), trace.objectKey);
    const { name, database, table } = standing.source;
    if (
      name !== source.config.source.name ||
      database !== key.database ||
      table !== key.table ||
      standing.day !== key.day
    )
      throw new Stopped(
        `${formatTableName(key)} ${key.day}: ${trace.objectKey} is the trace of ${name}'s ${database}.${table} ` +
          `${standing.day}; put the right one back from its versions`,
      );
    trace.#etag = found.etag;
    trace.#standing = standing;
    return trace;
  }

  get standing(): Trace | undefined {
    return this.#standing;
  }

  /** Whether the last slice ended without a final write, so that it may have deleted more than the trace says is done. */
  get isOpen(): boolean {
    const { done, until } = this.#standing ?? {};
    return JSON.stringify(done) !== JSON.stringify(until);
  }

  /** The ledger's row must have been read after the trace. @throws WentBackInTime */
  refuseBehind(row: Partition): void {
    const behind = this.#standing && behindTrace(row, this.#standing);
    if (behind) throw new WentBackInTime(this.key, `${this.objectKey} knows more than the ledger (${behind})`);
  }

  /** Writes under the epoch of `row`. @throws Fenced, Stopped if another server writes it */
  async write(ledger: Ledger, row: Partition, { state = 'purging', done, until = done }: TraceStep): Promise<void> {
    const { database, table, day } = this.key;
    this.#serverId ??= await serverIdentity(ledger.session);
    const next: Trace = {
      traceVersion: 1,
      source: { name: this.source.config.source.name, serverId: this.#serverId, database, table },
      day,
      state,
      epoch: row.epoch,
      manifest: { revision: row.revision, version: row.manifestVersion ?? '' },
      pass: row.pass,
      done,
      until,
      writtenAt: new Date().toISOString(),
      writing: randomUUID(),
    };
    try {
      this.#etag = await this.source.store.putSmall(this.objectKey, renderTrace(next), this.#etag);
      this.#standing = next;
    } catch (error) {
      if (!(error instanceof Conflict) && !(error instanceof KeyExists)) throw error;
      const found = await ledger.readPartition(this.key);
      if (found?.epoch !== row.epoch)
        throw new Fenced(this.key, row.epoch, 'another wrote the trace', { cause: error });
      const other = await this.source.store.readSmall(this.objectKey);
      // An overtaken attempt wrote it after this one had read it. The next attempt reads it.
      const its = other && parseTrace(other.body.toString('utf8'), this.objectKey);
      if (!its || its.epoch < row.epoch) throw error;
      throw new Stopped(
        [
          `${formatTableName(this.key)} ${day}: ${this.objectKey} was written under epoch ${its.epoch} by server ` +
            `${its.source.serverId}, and this ledger, on server ${this.#serverId}, has never given that epoch away: ` +
            'two servers purge against one prefix.',
          'Stop the workers of one of them, and give a clone a source name and a store.prefix of its own',
        ].join(' '),
        { cause: error },
      );
    }
  }
}

/** The point behind the first `next` of a pass's chunks. */
export function pointAt(chunks: readonly BoundedChunk[], next: number, rows: number): TracePoint {
  const cursor = next === 0 ? null : (chunks[next - 1]?.to ?? endCursor);
  return { cursor: cursor && [...cursor], chunks: next, rows };
}
