import type { Cursor } from '../archive/chunk.ts';
import type { TablePolicy } from '../config/policy.ts';
import type { Hold, Ledger } from '../ledger/ledger.ts';
import type { Day } from '../model/day.ts';
import { formatTableName } from '../model/tableName.ts';
import { nextDay } from './position.ts';

/** Who holds a table, and why. */
export interface HoldTerms {
  owner: string;
  reason: string;
  /** ISO 8601 with its offset; left out: until a resume. */
  until?: string | undefined;
  /** Whether exports are held too. */
  exports?: boolean | undefined;
}

/** A table's hold, and how far the ledger has its purge. */
export interface HeldPosition {
  /** The day that is being purged, or the oldest archived one; null if none is left. */
  day: Day | null;
  /** The cursor of the last row that was deleted of it. */
  cursor: Cursor | null;
  /** Rows of that day that are archived and not deleted. */
  rowsLeft: number;
  /** Who holds it and why, as a sentence. */
  held: string | null;
  /** The hold as data. Workers of earlier releases leave it out. */
  hold?: HoldTerms | null;
}

/** Writes a hold on the table into the ledger. When it returns, no worker is deleting rows of the table. */
export async function writeHold(ledger: Ledger, policy: TablePolicy, terms: HoldTerms): Promise<HeldPosition> {
  const { owner, reason, exports = false } = terms;
  const until = terms.until === undefined ? null : toDatetime(terms.until);
  await ledger.putHold({ scope: formatTableName(policy), owner, reason, until, exports });
  return heldPosition(ledger, policy);
}

/** Removes the table's own hold. A hold on all tables stays, and the answer names it. */
export async function dropHold(ledger: Ledger, policy: TablePolicy): Promise<HeldPosition> {
  await ledger.dropHold(formatTableName(policy));
  return heldPosition(ledger, policy);
}

/** Reads the hold that is in force for the table, its own or one on all tables. */
export async function heldPosition(ledger: Ledger, policy: TablePolicy): Promise<HeldPosition> {
  const position = nextDay(await ledger.days(policy.database, policy.table));
  const hold = await ledger.activeHold(policy);
  return {
    day: position?.day ?? null,
    cursor: position?.cursor ?? null,
    rowsLeft: position?.rowsLeft ?? 0,
    held: hold ? `${hold.owner}: ${hold.reason}` : null,
    hold: hold ? termsOf(hold) : null,
  };
}

function termsOf({ owner, reason, until, exports }: Hold): HoldTerms {
  return {
    owner,
    reason,
    until: until === null ? undefined : new Date(`${until.replace(' ', 'T')}Z`).toISOString(),
    exports: exports === true ? true : undefined,
  };
}

/** An ISO 8601 time as MySQL's DATETIME, in UTC. */
function toDatetime(time: string): string {
  return new Date(time).toISOString().replace('T', ' ').slice(0, 23);
}
