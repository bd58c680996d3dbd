import type { Cursor } from '../../archive/chunk.ts';
import type { Manifest } from '../../archive/manifest.ts';
import type { PartitionState } from '../../model/partitionState.ts';
import { identifier } from '../../mysql/quote.ts';
import { appendHistory } from '../history.ts';
import { Fenced, type Ledger, type Partition, type PartitionKey } from '../ledger.ts';

/** How far a day's purge has come, as S3 and the table prove together. */
export interface AdoptedPosition {
  /** The newest epoch that S3 knows of; the row gets a later one. */
  epoch: number;
  manifest: { key: string; version: string };
  state: PartitionState;
  pass: number;
  cursor: Cursor | null;
  chunks: number;
  rowsDeleted: number;
  /** Objects that nothing names any more. They are moved away and not removed, because a purge may have relied on them. */
  superseded: readonly { key: string; versionId?: string | undefined }[];
}

/**
 * Records a manifest and a purge's cursor that the ledger doesn't know of, because a person accepted them. Creates a missing row.
 * @param before the row for which the cursor was proved
 * @throws Fenced if the row has changed since
 */
export async function adoptPartition(
  ledger: Ledger,
  key: PartitionKey,
  before: Partition | undefined,
  { manifest, position }: { manifest: Manifest; position: AdoptedPosition },
): Promise<Partition> {
  await ledger.insertPartition(key, manifest.salt, manifest.window, '');
  return ledger.session.transaction(async () => {
    const found = await ledger.lockPartition(key);
    if (before && (found?.epoch !== before.epoch || found.rowsDeleted !== before.rowsDeleted))
      throw new Fenced(key, before.epoch, `epoch ${found?.epoch}`);
    await ledger.session.execute(
      `UPDATE ${identifier(ledger.name)}.partitions SET epoch = GREATEST(epoch, ?) + 1, salt = ?,
         window_start = ?, window_end = ?, revision = ?, rows_archived = ?,
         manifest_key = ?, manifest_version = ?, state = ?, pass = ?, cursor_json = ?, chunks_deleted = ?, rows_deleted = ?, stopped = NULL,
         stop_command = NULL
       WHERE database_name = ? AND table_name = ? AND day = ?`,
      [
        position.epoch,
        manifest.salt,
        manifest.window.start,
        manifest.window.end,
        manifest.revision,
        manifest.rows,
        position.manifest.key,
        position.manifest.version,
        position.state,
        position.pass,
        position.cursor && JSON.stringify(position.cursor),
        position.chunks,
        position.rowsDeleted,
        key.database,
        key.table,
        key.day,
      ],
    );
    await ledger.replaceParts(key, manifest.parts, position.superseded);
    const adopted = await ledger.lockPartition(key);
    if (!adopted) throw new Fenced(key, position.epoch, 'no ledger row');
    const detail = { epoch: adopted.epoch, state: position.state, revision: manifest.revision, rows: manifest.rows };
    await appendHistory(ledger, {
      event: 'adopted',
      table: key,
      day: key.day,
      detail: { ...detail, rowsDeleted: position.rowsDeleted },
    });
    return adopted;
  });
}
