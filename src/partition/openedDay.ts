import type { BoundedChunk } from '../archive/chunkBounds.ts';
import type { SchemaChange } from '../archive/schemaChange.ts';
import type { Fuse } from '../ledger/fuse.ts';
import type { PartitionKey } from '../ledger/ledger.ts';
import type { TableSchema } from '../mysql/schema/tableSchema.ts';
import type { OpenedManifest } from './openManifest.ts';
import type { PurgeTrace } from './purgeTrace.ts';

/** A partition under an epoch of this attempt's own, with all that a purge or a heal of it goes by. */
export interface OpenedDay extends OpenedManifest {
  key: PartitionKey;
  epoch: number;
  schema: TableSchema;
  change: SchemaChange;
  /** The current pass's chunks. */
  chunks: BoundedChunk[];
  /** The first chunk that isn't purged. */
  next: number;
  fuse: Fuse;
  /** What the purge has left beside the manifest. */
  trace: PurgeTrace;
}
