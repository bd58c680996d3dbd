import { dayPrefix, type ObjectKey, type TableFolder, tablePrefix } from '../archive/keys.ts';
import type { TablePolicy } from '../config/policy.ts';
import type { Source } from '../job/source.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { type Day, undatedDay } from '../model/day.ts';
import type { PartitionState } from '../model/partitionState.ts';
import { namedObjects } from '../partition/removeObjects.ts';

/** A day that the ledger knows, and what lies in its folder. */
export interface FolderDay {
  day: Day;
  state: PartitionState;
  epoch: number;
  /** The objects that its manifest names, or the ledger as parts of a running export. */
  named: ReadonlySet<ObjectKey>;
  /** The keys in its folder. */
  keys: readonly ObjectKey[];
  /** The named objects as they were recorded, and as they are: their bytes and ETags. */
  recorded: ReadonlyMap<ObjectKey, ObjectFacts>;
  now: ReadonlyMap<ObjectKey, ObjectFacts>;
}

export interface ObjectFacts {
  bytes: number;
  etag: string;
}

/** What a walk over a table's folder hands over. */
export interface FolderVisitor {
  day(found: FolderDay): Promise<void> | void;
  /** A key in no folder of a day that the ledger knows. */
  elsewhere(key: ObjectKey): void;
}

/**
 * Walks over a table's folder, a day at a time: a listing comes in the order of the keys, so those of one folder lie
 * together. Memory holds one day's keys and the ledger's list of days, however many objects the table has.
 */
export async function walkFolders(
  source: Source,
  ledger: Ledger,
  policy: TablePolicy,
  visitor: FolderVisitor,
): Promise<void> {
  const tableFolder = source.folderOf(policy);
  const days = await knownDays(ledger, policy, tableFolder);
  let folder = '';
  let keys: ObjectKey[] = [];
  let now = new Map<ObjectKey, ObjectFacts>();
  const visit = async () => {
    const known = days.get(folder);
    if (!known) return;
    const parts = await ledger.readParts({ database: policy.database, table: policy.table, day: known.day });
    const objects = parts.flatMap((part) => [part.object, part.chunkIndex]);
    const recorded = new Map(objects.map(({ key, bytes, etag }) => [key, { bytes, etag }]));
    await visitor.day({ ...known, named: namedObjects(tableFolder, known.day, parts), keys, recorded, now });
    days.delete(folder);
  };
  for await (const page of source.store.listPages(tablePrefix(tableFolder)))
    for (const { key, bytes, etag } of page) {
      const own = key.slice(0, key.lastIndexOf('/') + 1);
      if (own !== folder && days.has(own)) {
        await visit();
        folder = own;
        keys = [];
        now = new Map();
      }
      // A deeper folder's keys may come in the middle of a day's own.
      if (own === folder) {
        keys.push(key);
        now.set(key, { bytes, etag });
      } else visitor.elsewhere(key);
    }
  await visit();
  keys = [];
  now = new Map();
  for (folder of [...days.keys()]) await visit();
}

async function knownDays(
  ledger: Ledger,
  { database, table }: TablePolicy,
  tableFolder: TableFolder,
): Promise<Map<string, Pick<FolderDay, 'day' | 'state' | 'epoch'>>> {
  const undated = await ledger.readPartition({ database, table, day: undatedDay });
  const rows = [...(undated ? [{ ...undated, day: undatedDay }] : []), ...(await ledger.days(database, table))];
  return new Map(rows.map(({ day, state, epoch }) => [dayPrefix(tableFolder, day), { day, state, epoch }]));
}
