import { tablePrefix } from '../archive/keys.ts';
import { sentence } from '../checks/check.ts';
import { checkStore, lockingOf } from '../checks/openStore.ts';
import type { TablePolicy } from '../config/policy.ts';
import type { Source } from '../job/source.ts';
import { recordFolderAudit } from '../ledger/folderAudits.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { messageOf } from '../model/error.ts';
import { tableArgument } from '../model/tableName.ts';
import { describeArchive } from '../readers/archiveShape.ts';
import { checkGlue } from '../readers/glueCatalog.ts';
import { GlueClient } from '../readers/glueClient.ts';
import { readManifests } from '../readers/readArchive.ts';
import { auditFolders, type FolderFindings } from './auditFolders.ts';

/** What a look at a table's folders, its bucket and its catalogue found, without reading an object's rows. */
export interface TableLook {
  folders: FolderFindings;
  /** What the checks of the bucket refuse. */
  bucket: string[];
  /** How far the catalogue that the config names is behind, in words; null where it isn't, or where there is none. */
  catalog: string | null;
}

/** Looks, and records how many findings of each kind there were. */
export async function lookAtTable(source: Source, ledger: Ledger, policy: TablePolicy): Promise<TableLook> {
  const tags = { source: source.config.source.name, database: policy.database, table: policy.table };
  const objects = { prefix: tablePrefix(source.folderOf(policy)), tags, locking: [lockingOf(policy)] };
  const refused = await checkStore(source.store, source.config.store, objects, 'doctor');
  const bucket = refused.filter(({ severity }) => severity === 'refuse').map(sentence);
  const folders = await auditFolders(source, ledger, policy);
  const { behind, text } = await catalogOf(source, policy);
  await ledger.session.revive();
  await recordFolderAudit(ledger, policy, { ...folders.counts, bucketRefused: bucket.length, catalogBehind: behind });
  return { folders, bucket, catalog: text };
}

/** The archive doesn't depend on the catalogue: one that doesn't answer is a finding, and no failure of the audit. */
async function catalogOf(source: Source, policy: TablePolicy): Promise<{ behind: number; text: string | null }> {
  const { catalog, store } = source.config;
  const { glue } = catalog ?? {};
  if (!glue) return { behind: 0, text: null };
  const folder = source.folderOf(policy);
  const goOn = `sediment ddl ${tableArgument(policy)} --for glue --apply`;
  try {
    const manifests = (await readManifests(source.store, { folder })).filter(({ parts }) => parts.length > 0);
    if (manifests.length === 0) return { behind: 0, text: null };
    const { bucket, region } = store;
    const location = { folder, bucket, region, endpoint: undefined, keepsBoth: false, longestLine: 0 };
    const client = new GlueClient({ region: glue.region ?? region, endpoint: glue.endpoint });
    const found = await checkGlue(
      { client, database: glue.database },
      describeArchive(manifests, location),
      policy.table,
    );
    const behind = found.missing.length + found.differing.length + (found.table === 'current' ? 0 : 1);
    if (behind === 0) return { behind, text: null };
    const text =
      `Glue ${glue.database} is behind: table ${found.table}, ${found.missing.length} days missing, ` +
      `${found.differing.length} with other columns: ${goOn}`;
    return { behind, text };
  } catch (error) {
    return { behind: 1, text: `Glue ${glue.database} can’t be compared: ${messageOf(error)}; then ${goOn}` };
  }
}
