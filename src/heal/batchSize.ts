import { encodingOf } from '../archive/column.ts';
import type { Source } from '../job/source.ts';
import type { TableSchema } from '../mysql/schema/tableSchema.ts';
import type { LiveRow } from './classifyReinserted.ts';

/** Rows of the first batch where keys may be of any length. */
const firstRows = 1_000;
const fewestRows = 100;
/** A row's key is held as the server printed it, as its cursor, and among the weights. */
const copies = 4;

/** How many rows a heal looks at in one go, so that long keys take no more memory than short ones. */
export class BatchSize {
  rows: number;

  constructor(
    readonly source: Pick<Source, 'lateRowsAtOnce' | 'healKeyBytes'>,
    { primaryKey }: Pick<TableSchema, 'primaryKey'>,
  ) {
    const short = primaryKey.every((column) => encodingOf(column) === 'bare');
    this.rows = short ? source.lateRowsAtOnce : Math.min(source.lateRowsAtOnce, firstRows);
  }

  /** Sets the next batch's size by the keys of the last one. */
  learn(batch: readonly LiveRow[]): void {
    if (batch.length === 0) return;
    const { lateRowsAtOnce, healKeyBytes } = this.source;
    const mean = batch.reduce((sum, { key }) => sum + key.length, 0) / batch.length;
    const fit = Math.floor(healKeyBytes / (copies * Math.max(1, mean)));
    this.rows = Math.min(lateRowsAtOnce, Math.max(fewestRows, fit));
  }
}
