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
