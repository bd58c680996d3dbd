import { dayPrefix, isVisible, parsePartKey, type TableFolder, tablePrefix } from '../archive/keys.ts';
import type { TablePolicy } from '../config/policy.ts';
import type { Source } from '../job/source.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { type Day, undatedDay } from '../model/day.ts';
import { isArchived, type PartitionState } from '../model/partitionState.ts';
import { namedObjects, strays } from '../partition/removeObjects.ts';

/** What is wrong with a table's folders, by object key. */
export interface FolderFindings {
  /** Objects that readers take for data, and that neither a manifest nor the ledger names. */
  unnamed: string[];
  /** Unnamed objects beside a named part of the same number: readers see its rows twice. */
  doubled: string[];
  /** Objects that the ledger relies on and that don't exist. */
  missing: string[];
}

interface KnownDay {
  state: PartitionState;
  epoch: number;
  named: ReadonlySet<string>;
}

/** Objects in a day's folder that readers see and nothing names, without those that double a part. */
function sortStrays(
  keys: readonly string[],
  place: TableFolder,
  day: Day,
  named: ReadonlySet<string>,
): Pick<FolderFindings, 'unnamed' | 'doubled'> {
  const seen = keys.filter((key) => !named.has(key) && isVisible(key));
  const parts = new Set([...named].map((key) => parsePartKey(place, day, key)?.part));
  const doubles = (key: string) => parts.has(parsePartKey(place, day, key)?.part ?? -1);
  return { unnamed: seen.filter((key) => !doubles(key)), doubled: seen.filter(doubles) };
}

/**
 * Compares the listing of a table's folder with the ledger, without reading an object. Only what two listings agree on
 * counts, because objects may change meanwhile.
 */
export async function auditFolders(source: Source, ledger: Ledger, policy: TablePolicy): Promise<FolderFindings> {
  const first = await look(source, ledger, policy);
  if (first.unnamed.length + first.doubled.length + first.missing.length === 0) return first;
  const second = await look(source, ledger, policy);
  const both = (what: keyof FolderFindings) => first[what].filter((key) => second[what].includes(key));
  return { unnamed: both('unnamed'), doubled: both('doubled'), missing: both('missing') };
}

async function look(source: Source, ledger: Ledger, policy: TablePolicy): Promise<FolderFindings> {
  const place = source.folderOf(policy);
  const days = await knownDays(ledger, policy, place);
  const folders = new Map<string, string[]>();
  for (const key of await source.store.list(tablePrefix(place))) {
    const folder = key.slice(0, key.lastIndexOf('/') + 1);
    folders.set(folder, [...(folders.get(folder) ?? []), key]);
  }
  const found: FolderFindings = { unnamed: [], doubled: [], missing: [] };
  for (const [day, { state, named }] of days) {
    const folder = dayPrefix(place, day);
    const keys = folders.get(folder) ?? [];
    folders.delete(folder);
    // A running export names a part only when it is complete.
    if (!isArchived(state)) continue;
    const { unnamed, doubled } = sortStrays(keys, place, day, named);
    found.unnamed.push(...unnamed);
    found.doubled.push(...doubled);
    const standing = new Set(keys);
    found.missing.push(...[...named].filter((key) => !standing.has(key) && !key.endsWith('/_purge.json')));
  }
  for (const keys of folders.values()) found.unnamed.push(...keys.filter(isVisible));
  return found;
}

async function knownDays(ledger: Ledger, policy: TablePolicy, place: TableFolder): Promise<Map<Day, KnownDay>> {
  const { database, table } = policy;
  const rows = await ledger.days(database, table);
  const undated = await ledger.readPartition({ database, table, day: undatedDay });
  const days = new Map<Day, KnownDay>();
  for (const { day, state, epoch } of undated ? [{ ...undated, day: undatedDay }, ...rows] : rows) {
    const parts = await ledger.readParts({ database, table, day });
    days.set(day, { state, epoch, named: namedObjects(place, day, parts) });
  }
  return days;
}

/**
 * Removes objects in a table's folder that the ledger has marked for removal and nothing names. Attempts left them that
 * died before they could remove them. Nothing else is ever removed.
 * @returns the keys that were removed
 */
export async function sweepCondemned(source: Source, ledger: Ledger, policy: TablePolicy): Promise<string[]> {
  const place = source.folderOf(policy);
  const prefix = tablePrefix(place);
  const condemned = new Set(await ledger.condemned(prefix));
  const days = await knownDays(ledger, policy, place);
  const keys = (await source.store.list(prefix)).filter((key) => condemned.has(key));
  const removed: string[] = [];
  for (const [day, { epoch, named }] of days) {
    const key = { database: policy.database, table: policy.table, day };
    const folder = dayPrefix(place, day);
    const own = keys.filter((object) => object.startsWith(folder));
    for (const object of strays(own, { place, key, epoch, named }).own) {
      await source.store.remove(object);
      removed.push(object);
    }
  }
  return removed;
}
