import { type Digest, emptyDigest, mergeDigests } from '../archive/digest.ts';
import type { Manifest } from '../archive/manifest.ts';
import type { HistoryRow } from '../ledger/history.ts';
import type { Partition } from '../ledger/ledger.ts';
import { isArchived } from '../model/partitionState.ts';

/** Two sums that have to be the same, counted apart from each other. */
export interface Balance {
  /** What is held against what. */
  says: string;
  left: string;
  right: string;
  balances: boolean;
}

/** What the manifest, the ledger and the history say of a day, held against each other. */
export function balancesOf(
  row: Partition,
  manifest: Manifest | undefined,
  versionId: string | undefined,
  events: readonly HistoryRow[],
): Balance[] {
  if (!isArchived(row.state)) return [];
  if (!manifest) return [balance('the ledger calls the day archived: its manifest', 'unreadable', 'readable')];
  const parts = mergeDigests([emptyDigest, ...manifest.parts.map(({ rows, xor }): Digest => ({ rows, xor }))]);
  const found = [
    balance('rows of its objects, rows of the day', parts.rows, manifest.rows),
    balance('digests of its objects put together, digest of the day', parts.xor, manifest.xor),
    balance('rows by the ledger, rows by the manifest', row.rowsArchived, manifest.rows),
    balance('revision by the ledger, revision by the manifest', row.revision, manifest.revision),
  ];
  if (versionId !== undefined)
    found.push(balance('manifest’s version by the ledger, version in S3', row.manifestVersion ?? 'none', versionId));
  const first = events.findLast(({ event }) => event === 'archived');
  // Where the ledger was brought to its manifest, the counts of before are gone.
  if (first && !events.some(({ event }) => event === 'adopted')) {
    const healed = Number(first.detail.rows ?? 0) + row.rowsAdded - row.rowsRemoved;
    found.push(
      balance('rows first archived, with what heals and erasures added and took, rows now', healed, manifest.rows),
    );
  }
  if (row.state === 'purged') found.push(deletedRows(row, manifest, events));
  return found;
}

/** Each archived row was deleted once; one that was put back and deleted again counts again. */
function deletedRows(row: Partition, manifest: Manifest, events: readonly HistoryRow[]): Balance {
  const again = row.rowsDeleted - manifest.rows - erased(events);
  const says =
    again > 0
      ? `rows deleted, less ${again} that were put back and deleted again, archived rows`
      : 'rows deleted under proof, archived rows';
  return balance(says, row.rowsDeleted - Math.max(0, again), manifest.rows + erased(events));
}

/** Rows that were erased after they had been deleted: the archive lacks them, and the count of deletes doesn't. */
function erased(events: readonly HistoryRow[]): number {
  const purged = events.find(({ event }) => event === 'purged')?.number ?? Number.POSITIVE_INFINITY;
  const later = events.filter(({ event, number }) => event === 'erased' && number > purged);
  return later.reduce((sum, { detail }) => sum + Number(detail.rows ?? 0), 0);
}

export function balance(says: string, left: string | number, right: string | number): Balance {
  return { says, left: String(left), right: String(right), balances: String(left) === String(right) };
}
