import type { Cursor } from '../archive/chunk.ts';
import type { TablePolicy } from '../config/policy.ts';
import { findPolicy } from '../config/policy.ts';
import type { Attempt } from '../job/attempt.ts';
import type { Source } from '../job/source.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Day } from '../model/day.ts';
import { formatTableName } from '../model/tableName.ts';

export interface HoldInput {
  /** `db.table` */
  table: string;
  owner: string;
  reason: string;
  /** ISO 8601 with its offset; left out: until a resume. */
  until?: string;
  /** Exports too. */
  exports?: boolean;
}

/** Where a table's purge stands, by the ledger. */
export interface Standing {
  /** The day that is being purged, else the oldest archived one; null where none is left. */
  day: Day | null;
  /** The last row's that was deleted of it. */
  cursor: Cursor | null;
  /** Rows of that day that are archived and not deleted. */
  rowsLeft: number;
  /** Who holds it, and why. */
  held: string | null;
}

/** Writes a hold on the table into the ledger. When it returns nothing is being deleted, whoever runs. */
export async function holdTable(source: Source, input: HoldInput, _attempt: Attempt): Promise<Standing> {
  const policy = findPolicy(source.config, input.table);
  return source.withLedger(async (ledger) => {
    const until = input.until === undefined ? null : new Date(input.until).toISOString().replace('T', ' ').slice(0, 23);
    const { owner, reason, exports = false } = input;
    await ledger.putHold({ scope: formatTableName(policy), owner, reason, until, exports });
    return standing(ledger, policy);
  });
}

/** Drops the table's own hold; one on all tables stays, and is told. */
export async function releaseTable(source: Source, input: { table: string }, _attempt: Attempt): Promise<Standing> {
  const policy = findPolicy(source.config, input.table);
  return source.withLedger(async (ledger) => {
    await ledger.dropHold(formatTableName(policy));
    return standing(ledger, policy);
  });
}

async function standing(ledger: Ledger, policy: TablePolicy): Promise<Standing> {
  const days = await ledger.days(policy.database, policy.table);
  const found = days.find((each) => each.state === 'purging') ?? days.find((each) => each.state === 'archived');
  const hold = await ledger.activeHold(policy);
  return {
    day: found?.day ?? null,
    cursor: found?.cursor ?? null,
    rowsLeft: found ? found.rowsArchived - found.rowsDeleted : 0,
    held: hold ? `${hold.owner}: ${hold.reason}` : null,
  };
}
