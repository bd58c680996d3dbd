import { isVisible, type ObjectKey, parsePartKey, type TableFolder, tablePrefix } from '../archive/keys.ts';
import type { TablePolicy } from '../config/policy.ts';
import type { Source } from '../job/source.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { isArchived } from '../model/partitionState.ts';
import { strays } from '../partition/removeObjects.ts';
import { type FolderDay, walkFolders } from './walkFolders.ts';

/** What can be wrong with a table's folders. */
export const folderFaults = ['unnamed', 'doubled', 'missing', 'changed', 'halfUploaded'] as const;
export type FolderFault = (typeof folderFaults)[number];

/** What is wrong with a table's folders: the first keys of each fault, and how many there are. */
export interface FolderFindings {
  /** Objects that readers take for data, and that neither a manifest nor the ledger names. */
  unnamed: ObjectKey[];
  /** Unnamed objects beside a named part of the same number: readers see its rows twice. */
  doubled: ObjectKey[];
  /** Objects that the ledger relies on and that don't exist. */
  missing: ObjectKey[];
  /** Objects whose bytes or ETag aren't those that were recorded: readers see another version. */
  changed: ObjectKey[];
  /** Uploads of attempts that are over: nobody sees them, and they are paid for. */
  halfUploaded: ObjectKey[];
  counts: Record<FolderFault, number>;
}

/** Keys of one fault that are named, so that a folder full of faults doesn't fill the memory. */
export const keysAtMost = 1_000;

/**
 * Compares the listing of a table's folder with the ledger, without reading an object. Only what two listings agree on
 * counts, because objects may change meanwhile.
 * @param most keys of each fault that are named
 */
export async function auditFolders(
  source: Source,
  ledger: Ledger,
  policy: TablePolicy,
  most = keysAtMost,
): Promise<FolderFindings> {
  const first = await look(source, ledger, policy, most);
  if (folderFaults.every((fault) => first.counts[fault] === 0)) return first;
  const second = await look(source, ledger, policy, most);
  const found = nothingFound();
  for (const fault of folderFaults) {
    const again = new Set(second[fault]);
    found[fault] = first[fault].filter((key) => again.has(key));
    // Beyond the named ones the two listings can't be compared key by key.
    found.counts[fault] =
      Math.max(first.counts[fault], second.counts[fault]) > most
        ? Math.min(first.counts[fault], second.counts[fault])
        : found[fault].length;
  }
  return found;
}

function nothingFound(): FolderFindings {
  const counts = { unnamed: 0, doubled: 0, missing: 0, changed: 0, halfUploaded: 0 };
  return { unnamed: [], doubled: [], missing: [], changed: [], halfUploaded: [], counts };
}

async function look(source: Source, ledger: Ledger, policy: TablePolicy, most: number): Promise<FolderFindings> {
  const tableFolder = source.folderOf(policy);
  const found = nothingFound();
  const note = (fault: FolderFault, key: ObjectKey) => {
    if (found.counts[fault]++ < most) found[fault].push(key);
  };
  const uploads = await source.store.listUploads(tablePrefix(tableFolder));
  await walkFolders(source, ledger, policy, {
    day: (own) => {
      for (const { key } of uploads) {
        const name = parsePartKey(tableFolder, own.day, key);
        // One under the day's present epoch may be under way.
        if (name && name.epoch < own.epoch) note('halfUploaded', key);
      }
      judgeDay(own, tableFolder, note);
    },
    elsewhere: (key) => {
      if (isVisible(key)) note('unnamed', key);
    },
  });
  return found;
}

function judgeDay(
  { day, state, named, keys, recorded, now }: FolderDay,
  tableFolder: TableFolder,
  note: (fault: FolderFault, key: ObjectKey) => void,
): void {
  // A running export names a part only when it is complete.
  if (!isArchived(state)) return;
  const parts = new Set([...named].map((key) => parsePartKey(tableFolder, day, key)?.part));
  for (const key of keys)
    if (!named.has(key) && isVisible(key))
      note(parts.has(parsePartKey(tableFolder, day, key)?.part ?? -1) ? 'doubled' : 'unnamed', key);
  for (const [key, was] of recorded) {
    const is = now.get(key);
    if (is && (is.bytes !== was.bytes || is.etag !== was.etag)) note('changed', key);
  }
  const standing = new Set(keys);
  for (const key of named) if (!standing.has(key) && !key.endsWith('/_purge.json')) note('missing', key);
}

/**
 * Removes objects in a table's folder that the ledger has marked for removal and nothing names. Attempts left them that
 * died before they could remove them. Nothing else is ever removed.
 * @returns the keys that were removed
 */
export async function sweepCondemned(source: Source, ledger: Ledger, policy: TablePolicy): Promise<ObjectKey[]> {
  const tableFolder = source.folderOf(policy);
  const removed: ObjectKey[] = [];
  await walkFolders(source, ledger, policy, {
    async day({ day, epoch, named, keys }) {
      const key = { database: policy.database, table: policy.table, day };
      const condemned = await ledger.condemnedAmong(keys.filter((each) => !named.has(each)));
      for (const object of strays(condemned, { tableFolder, key, epoch, named }).own) {
        await source.store.remove(object);
        removed.push(object);
      }
    },
    elsewhere: () => undefined,
  });
  return removed;
}
