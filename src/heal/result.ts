import type { PartitionInput } from '../job/attempt.ts';

export interface HealInput extends PartitionInput {
  /** An operator's own heal: `drift: stop` and the bound of heals at one place don't count for it, and the bound begins anew. */
  asked?: boolean;
}

export interface HealResult {
  added: number;
  changed: number;
  removed: number;
  /** Parts written anew, or for the first time. */
  parts: number;
  /** Rows that stay in the table, for the archive has their key with other values. */
  left: number;
  /** Why nothing was done, in words. */
  held?: string;
  /** The same for the metrics: `hold` or `fuse`. */
  heldBy?: string;
}
