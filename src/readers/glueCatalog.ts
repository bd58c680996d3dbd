import { isDeepStrictEqual } from 'node:util';
import type { ArchiveShape } from './archiveShape.ts';
import { type GlueClient, GlueRefused } from './glueClient.ts';
import {
  type GluePartition,
  type GlueStorage,
  type GlueTable,
  gluePartitions,
  glueTable,
  partitionsARequest,
} from './targets/glue.ts';

/** What of the catalogue is not as the manifests say. Empty lists and false: it is up to date. */
export interface CatalogFindings {
  table: 'missing' | 'differs' | 'current';
  missing: GluePartition[];
  differing: GluePartition[];
}

/** The table is somebody else's, or was made for another archive: it is left as it is. */
export class ForeignGlueTable extends Error {
  override readonly name = 'ForeignGlueTable';
}

export interface GlueDatabase {
  client: GlueClient;
  database: string;
}

/** Compares the catalogue with the manifests; changes nothing. @throws ForeignGlueTable, GlueRefused */
export async function checkGlue(
  { client, database }: GlueDatabase,
  shape: ArchiveShape,
  view: string,
): Promise<CatalogFindings> {
  const wanted = glueTable(shape, view);
  const partitions = gluePartitions(shape);
  const found = await readTable(client, database, wanted.Name);
  if (!found) return { table: 'missing', missing: partitions, differing: [] };
  requireOwn(found, wanted, database);
  const known = new Map<string, GlueStorage>();
  for await (const { Values, StorageDescriptor } of readPartitions(client, database, wanted.Name))
    known.set(Values.join('/'), StorageDescriptor);
  const own = (partition: GluePartition) => known.get(partition.Values.join('/'));
  return {
    table: sameStorage(found.StorageDescriptor, wanted.StorageDescriptor) ? 'current' : 'differs',
    missing: partitions.filter((each) => !own(each)),
    differing: partitions.filter((each) => {
      const storage = own(each);
      return storage !== undefined && !sameStorage(storage, each.StorageDescriptor);
    }),
  };
}

/** Brings the catalogue to the manifests. Safe to repeat. @returns what it changed @throws ForeignGlueTable, GlueRefused */
export async function applyGlue(where: GlueDatabase, shape: ArchiveShape, view: string): Promise<CatalogFindings> {
  const { client, database } = where;
  const found = await checkGlue(where, shape, view);
  const table = glueTable(shape, view);
  if (found.table === 'missing') {
    await orRefused('AlreadyExistsException', client.call('CreateDatabase', { DatabaseInput: { Name: database } }));
    await orRefused(
      'AlreadyExistsException',
      client.call('CreateTable', { DatabaseName: database, TableInput: table }),
    );
  } else if (found.table === 'differs') await client.call('UpdateTable', { DatabaseName: database, TableInput: table });
  const target = { DatabaseName: database, TableName: table.Name };
  for (let at = 0; at < found.missing.length; at += partitionsARequest) {
    const PartitionInputList = found.missing.slice(at, at + partitionsARequest);
    // One that another worker has made meanwhile is reported, and is as it should be.
    await client.call('BatchCreatePartition', { ...target, PartitionInputList });
  }
  for (let at = 0; at < found.differing.length; at += partitionsARequest) {
    const Entries = found.differing
      .slice(at, at + partitionsARequest)
      .map((partition) => ({ PartitionValueList: partition.Values, PartitionInput: partition }));
    await client.call('BatchUpdatePartition', { ...target, Entries });
  }
  return found;
}

async function orRefused(kind: string, answer: Promise<unknown>): Promise<void> {
  try {
    await answer;
  } catch (error) {
    if (!(error instanceof GlueRefused) || error.kind !== kind) throw error;
  }
}

async function readTable(client: GlueClient, database: string, name: string): Promise<GlueTable | undefined> {
  try {
    return (await client.call<{ Table: GlueTable }>('GetTable', { DatabaseName: database, Name: name })).Table;
  } catch (error) {
    if (error instanceof GlueRefused && error.kind === 'EntityNotFoundException') return undefined;
    throw error;
  }
}

function requireOwn(found: GlueTable, wanted: GlueTable, database: string): void {
  const own = wanted.Parameters['sediment.table'];
  const other = found.Parameters?.['sediment.table'];
  if (
    other === own &&
    isDeepStrictEqual(
      found.PartitionKeys?.map(({ Name }) => Name),
      wanted.PartitionKeys.map(({ Name }) => Name),
    )
  )
    return;
  throw new ForeignGlueTable(
    `glue: table ${database}.${found.Name} ${other === own ? 'has other partition keys' : `isn’t Sediment’s for ${own}`}; ` +
      'drop it there, or name another by --name or catalog.glue.database',
  );
}

async function* readPartitions(client: GlueClient, database: string, table: string): AsyncGenerator<GluePartition> {
  let token: string | undefined;
  do {
    const page: { Partitions?: GluePartition[]; NextToken?: string } = await client.call('GetPartitions', {
      DatabaseName: database,
      TableName: table,
      NextToken: token,
    });
    yield* page.Partitions ?? [];
    token = page.NextToken;
  } while (token !== undefined);
}

/** Compares what decides how objects are read; Glue adds fields of its own. */
function sameStorage(one: GlueStorage, other: GlueStorage): boolean {
  const parts = ({ Columns, Location, SerdeInfo }: GlueStorage) => [
    Columns.map(({ Name }) => Name),
    Location.replace(/\/$/, ''),
    SerdeInfo.SerializationLibrary,
    SerdeInfo.Parameters.escapeChar,
  ];
  return isDeepStrictEqual(parts(one), parts(other));
}
