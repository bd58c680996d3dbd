import type { BoundedChunk } from '../../archive/chunkBounds.ts';
import type { SchemaChange } from '../../archive/schemaChange.ts';
import type { Fuse } from '../../ledger/fuse.ts';
import type { PartitionKey } from '../../ledger/ledger.ts';
import type { TableSchema } from '../../mysql/schema/tableSchema.ts';
import type { PurgeTrace } from '../purgeTrace.ts';
import type { OpenedManifest } from './openManifest.ts';

/** A partition under this attempt's own epoch, with all that a purge or a heal reads of it. */
export interface OpenedDay extends OpenedManifest {
  readonly key: PartitionKey;
  readonly epoch: number;
  readonly schema: TableSchema;
  readonly change: SchemaChange;
  /** The current pass's chunks. */
  readonly chunks: readonly BoundedChunk[];
  /** The first chunk that wasn't purged when the day was opened. */
  readonly next: number;
  readonly fuse: Fuse;
  /** What purges have written beside the manifest. */
  readonly trace: PurgeTrace;
  /** It was purged before this attempt opened it. */
  readonly wasPurged: boolean;
}
