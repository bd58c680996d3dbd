import type { TablePolicy } from '../config/policy.ts';
import { estimateRows } from '../mysql/estimate/rangeEstimate.ts';
import type { TableSchema } from '../mysql/schema/tableSchema.ts';
import type { Ledger } from './ledger.ts';

/** The most rows of a table that may be deleted in one UTC day. */
export interface Fuse {
  /** 0 for no fuse. */
  rows: number;
  /** Which key of the policy says so, in words. */
  setting: string;
}

/**
 * The stricter of `maxRowsPerDay` and `maxShareOfTable`. The share is of the rows that the table had when the UTC day
 * began: the optimizer's present estimate, and the rows that the ledger has counted as deleted since.
 */
export async function fuseOf(ledger: Ledger, policy: TablePolicy, schema: TableSchema): Promise<Fuse> {
  const { maxRowsPerDay, maxShareOfTable } = policy;
  const byRows = { rows: maxRowsPerDay, setting: `maxRowsPerDay is ${maxRowsPerDay}` };
  if (maxShareOfTable >= 1) return byRows;
  const whole = (await estimateRows(ledger.session, schema)) + (await ledger.deletedToday(policy));
  const rows = Math.max(1, Math.floor(maxShareOfTable * whole));
  if (maxRowsPerDay > 0 && maxRowsPerDay <= rows) return byRows;
  return { rows, setting: `maxShareOfTable is ${maxShareOfTable}, ${rows} of about ${whole} rows` };
}
