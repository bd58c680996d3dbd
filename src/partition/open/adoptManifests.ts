import type { Column } from '../../archive/column.ts';
import { manifestKey, tablePrefix } from '../../archive/keys.ts';
import type { Manifest } from '../../archive/manifest.ts';
import { openArchived } from '../../checks/openTable.ts';
import type { TablePolicy } from '../../config/policy.ts';
import { Stopped } from '../../job/attempt.ts';
import type { Source } from '../../job/source.ts';
import { recordFileColumns } from '../../ledger/days/fileColumns.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { type Day, parseDay, undatedDay } from '../../model/day.ts';
import { formatTableName } from '../../model/tableName.ts';
import { readManifest } from '../readManifest.ts';
import { adoptDay, type FoundManifest } from './adoptDay.ts';

/**
 * Brings a table's ledger forward to what S3 knows: manifests, and how far purges had come. A person asks for it after a
 * restore, a rewind or a loss of the ledger. Rows that a restored table has again are proved and deleted again; rows that
 * are no longer in the table stay in the archive.
 *
 * @returns the days that were brought forward
 * @throws Stopped if nothing says what a purge has deleted of a day; the days before it are brought forward
 */
export async function adoptManifests(source: Source, ledger: Ledger, policy: TablePolicy): Promise<Day[]> {
  const found = await findManifests(source, policy);
  const newest = found.at(-1);
  if (!newest) return [];
  await recordTable(source, ledger, policy, found);
  const { schema } = await openArchived(ledger, policy, { config: source.config });
  const adopted: Day[] = [];
  for (const each of found) {
    const key = { database: policy.database, table: policy.table, day: each.day };
    if (await adoptDay({ source, ledger, policy }, schema, key, each)) adopted.push(each.day);
  }
  return adopted;
}

/** Every manifest in the table's folder, oldest day first. */
async function findManifests(source: Source, policy: TablePolicy): Promise<FoundManifest[]> {
  const tableFolder = source.folderOf(policy);
  const objects = await source.store.list(tablePrefix(tableFolder));
  const found: FoundManifest[] = [];
  for (const object of objects.filter((key) => key.endsWith('/_manifest.json'))) {
    const standing = await source.store.head(object);
    if (!standing) continue;
    const manifest = await readManifest(source.store, object, standing.versionId);
    const day = manifest.day === undatedDay ? undatedDay : parseDay(manifest.day);
    if (manifest.source.name !== source.config.source.name || manifestKey(tableFolder, day) !== object)
      throw new Stopped(`${object} is the manifest of another partition, or of another source; it is not taken over`);
    const folder = object.slice(0, object.lastIndexOf('/') + 1);
    const beside = objects.filter((key) => key.startsWith(folder));
    found.push({ day, object, version: standing.versionId ?? standing.etag, manifest, beside });
  }
  return found.sort((one, other) => (one.day < other.day ? -1 : 1));
}

/** What the first export had fixed: the order of the columns in the files, and the first day. */
async function recordTable(
  source: Source,
  ledger: Ledger,
  policy: TablePolicy,
  found: readonly FoundManifest[],
): Promise<void> {
  const { database, table } = policy;
  const [first] = found.filter(({ day }) => day !== undatedDay);
  const newest = latest(found);
  if (!newest || (await ledger.readTable(database, table))) return;
  if (newest.timeColumn !== policy.timeColumn || newest.zone !== policy.zone)
    throw new Stopped(
      `${formatTableName(policy)}: its archive was made by timeColumn "${newest.timeColumn}" in zone ` +
        `"${newest.zone}", the config says "${policy.timeColumn}" in "${policy.zone}"; put these back, then ` +
        'accept again',
    );
  const { prefix, layout } = source.config.store;
  const { timeColumn, zone } = policy;
  await recordFileColumns(ledger, policy, newest.columns.map(columnOf));
  const firstDay = policy.firstDay ?? first?.day ?? newest.day;
  await ledger.recordTable(database, table, {
    source: source.config.source.name,
    timeColumn,
    timeKind: undefined,
    zone,
    prefix,
    layout,
    firstDay,
  });
}

function latest(found: readonly FoundManifest[]): Manifest | undefined {
  const [newest] = found
    .map(({ manifest }) => manifest)
    .sort((one, other) => other.columns.length - one.columns.length);
  return newest;
}

function columnOf({ encoding: _, ...column }: Manifest['columns'][number]): Column {
  return column;
}
