export interface HealResult {
  added: number;
  changed: number;
  removed: number;
  /** Parts that were written. */
  parts: number;
  /** Rows that stay in the table, because the archive has their key with other values. */
  left: number;
  /** Why nothing was done, in words. */
  held?: string;
  /** Why nothing was done, for the metrics: `hold`, `fuse` or `clock`. */
  heldBy?: string;
}
