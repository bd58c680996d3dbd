import { sentence } from '../../checks/check.ts';
import { lockingOf, checkStore as storeFindings } from '../../checks/openStore.ts';
import type { Config } from '../../config/load.ts';
import { prefixRefusal } from '../../export/claimPrefix.ts';
import type { ObjectStore } from '../../s3/store.ts';
import { explain } from '../explain/explain.ts';
import type { Finding } from './finding.ts';

/** The bucket: reachable, versioned, refusing a second write, and no rule that expires the archive or moves it out of reach. */
export async function checkStore(config: Config, store: ObjectStore): Promise<Finding[]> {
  const { bucket, prefix } = config.store;
  const finding = (level: Finding['level'], message: string): Finding => ({ what: 'store', level, message });
  try {
    const { versioning, conditionalWrites } = await store.probe();
    const objects = { prefix, tags: { source: config.source.name }, locking: config.tables.map(lockingOf) };
    const findings = (await storeFindings(store, config.store, objects, 'doctor')).map((found) =>
      finding(found.severity === 'refuse' ? 'failed' : 'note', sentence(found)),
    );
    const foreign = await prefixRefusal({ config, store });
    if (foreign !== undefined) findings.unshift(finding('failed', foreign));
    if (!conditionalWrites)
      findings.unshift(
        finding(
          'failed',
          `bucket ${bucket} lets one key be written twice: it can be exported to, but leave purge: disabled`,
        ),
      );
    if (findings.every(({ level }) => level !== 'failed')) {
      const versions = versioning ? 'keeps versions' : 'keeps no versions, as the config allows';
      findings.unshift(finding('ok', `bucket ${bucket} ${versions}, refuses to write a key twice`));
    }
    return [...findings, ...(await unfinishedUploads(store, finding))];
  } catch (error) {
    return [finding('failed', explain(error).message)];
  }
}

async function unfinishedUploads(
  store: ObjectStore,
  finding: (level: Finding['level'], message: string) => Finding,
): Promise<Finding[]> {
  // Rules that can't be read are a finding of their own.
  const lifecycle = await store.lifecycle().catch(() => undefined);
  if (!lifecycle || lifecycle.abortsUploads) return [];
  return [
    finding(
      'note',
      'no lifecycle rule ends unfinished uploads: add AbortIncompleteMultipartUpload after 7 days, or their parts cost on',
    ),
  ];
}
