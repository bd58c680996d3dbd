import type { TablePolicy } from '../config/policy.ts';
import type { Ledger, PartitionKey } from '../ledger/ledger.ts';
import type { Attempt } from './attempt.ts';
import type { Source } from './source.ts';

/** What work on a source's tables is given. */
export interface SourceJob {
  source: Source;
  attempt: Attempt;
}

/** What work on one table is given. */
export interface TableJob extends SourceJob {
  /** The ledger, on a connection of this job's own. */
  ledger: Ledger;
  policy: TablePolicy;
}

/** What work on one day of a table is given. */
export interface Job extends TableJob {
  key: PartitionKey;
}
