import { manifestKey } from '../archive/keys.ts';
import type { Attempt } from '../job/attempt.ts';
import type { Source } from '../job/source.ts';
import { messageOf } from '../model/error.ts';
import { tableArgument } from '../model/tableName.ts';
import { readManifest } from '../partition/readManifest.ts';
import { describeArchive } from '../readers/archiveShape.ts';
import { applyGlue } from '../readers/glueCatalog.ts';
import { GlueClient } from '../readers/glueClient.ts';
import { type PartitionInput, partitionOf } from './partition.ts';

/**
 * Registers a committed day in the catalogue that the config names. The archive doesn't depend on it: what fails is
 * logged, and `sediment ddl --check` finds it.
 */
export async function registerDay(source: Source, input: PartitionInput, attempt: Attempt): Promise<void> {
  const glue = source.config.catalog?.glue;
  if (!glue) return;
  const { policy, key } = partitionOf(source, input);
  const folder = source.folderOf(policy);
  const { bucket, region } = source.config.store;
  try {
    const manifest = await readManifest(source.store, manifestKey(folder, key.day));
    if (manifest.parts.length === 0) return;
    const location = { folder, bucket, region, endpoint: undefined, keepsBoth: false, longestLine: 0 };
    const client = new GlueClient({ region: glue.region ?? region, endpoint: glue.endpoint });
    await applyGlue({ client, database: glue.database }, describeArchive([manifest], location), policy.table);
  } catch (error) {
    const reason = `${messageOf(error)}; sediment ddl ${tableArgument(policy)} --for glue --apply registers it`;
    attempt.report?.(input, { event: 'unregistered', reason });
  }
}
