import type { Bounds, Rate } from '../../pacing/eta.ts';
import type { KeptImpact } from '../../pacing/governed.ts';
import type { Shares, Wait } from '../../pacing/timeAccount.ts';
import type { MissingRows } from './missingRows.ts';
import type { TableReport } from './tableStatus.ts';
import type { TemporalReport } from './temporalStatus.ts';

/** Everything that the text of `status` and of `explain` is made from. */
export interface StatusFacts {
  /** MySQL's clock: ISO 8601, UTC. */
  now: string;
  source: string;
  /** The name of a ledger that isn't on the server: nothing is known of any table. */
  missingLedger?: string | null;
  /** Why nothing is archived or purged: nobody has accepted this server. */
  strangeServer?: string | null;
  tables: readonly TableReport[];
  /** Left out where one table was asked for. */
  unlisted?: readonly UnlistedTable[];
  /** By `db.table`: tables of the config that MySQL doesn't show this user. Left out where nobody looked. */
  unseen?: ReadonlySet<string>;
  temporal: TemporalReport;
  /** By `db.table`, where a purge is running. */
  rates: ReadonlyMap<string, Rate>;
  /** By `db.table`, where a purge has written its account. */
  spent: ReadonlyMap<string, Spent>;
  /** By `db.table`: rows of due days without an archive, where they were counted. */
  missingRows: ReadonlyMap<string, MissingRows>;
  /** By `db.table`. */
  bounds: ReadonlyMap<string, Bounds>;
}

/** A table that the ledger knows and the config has no policy for: nothing archives or purges it. */
export interface UnlistedTable {
  table: string;
  /** Archived days whose rows may still be in MySQL, and these rows, by the ledger's account. */
  days: number;
  rows: number;
}

/** How a purge spent its last ten minutes. */
export interface Spent {
  /** Null where its account doesn't cover them. */
  shares: Shares | null;
  /** Why it waits now; `since` is ISO 8601, UTC. */
  wait: (Omit<Wait, 'since'> & { since: string }) | null;
  /** What others feel of it; null at full pace. */
  impact?: KeptImpact | null;
}
