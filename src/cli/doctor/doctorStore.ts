import type { Config } from '../../config/load.ts';
import type { ObjectStore } from '../../s3/store.ts';
import { explain } from '../explain.ts';
import type { Finding } from './finding.ts';

/** The bucket: reachable, versioned, refusing a second write, and no rule that expires the archive. */
export async function checkStore(config: Config, store: ObjectStore): Promise<Finding[]> {
  const { bucket, prefix, allowUnversioned } = config.store;
  const finding = (level: Finding['level'], message: string): Finding => ({ what: 'store', level, message });
  try {
    const { versioning, conditionalWrites } = await store.probe();
    const findings: Finding[] = [];
    if (!conditionalWrites)
      findings.push(
        finding(
          'failed',
          `bucket ${bucket} lets one key be written twice: it can be exported to, but leave purge: disabled`,
        ),
      );
    if (!versioning && !allowUnversioned)
      findings.push(
        finding(
          'failed',
          `bucket ${bucket} keeps no versions: nothing is purged against it. Turn versioning on, or set store.allowUnversioned`,
        ),
      );
    if (findings.length === 0) {
      const versions = versioning ? 'keeps versions' : 'keeps no versions, as the config allows';
      findings.push(finding('ok', `bucket ${bucket} ${versions}, refuses to write a key twice`));
    }
    return [...findings, ...(await checkLifecycle(store, prefix, finding))];
  } catch (error) {
    return [finding('failed', explain(error).message)];
  }
}

async function checkLifecycle(
  store: ObjectStore,
  prefix: string,
  finding: (level: Finding['level'], message: string) => Finding,
): Promise<Finding[]> {
  const where = prefix === '' ? 'the bucket' : `below ${prefix}`;
  try {
    const { expiring, noncurrent, abortsUploads } = await store.lifecycle();
    const findings = expiring.map((rule) =>
      finding(
        'failed',
        `lifecycle rule ${rule} expires objects of the archive, which may be the only copy: take ${where} out of it`,
      ),
    );
    for (const rule of noncurrent)
      findings.push(
        finding(
          'note',
          `lifecycle rule ${rule} removes older versions: what was overwritten by mistake can't be put back after it`,
        ),
      );
    if (!abortsUploads)
      findings.push(
        finding(
          'note',
          'no lifecycle rule ends unfinished uploads: add AbortIncompleteMultipartUpload after 7 days, or their parts cost on',
        ),
      );
    return findings;
  } catch (error) {
    return [
      finding(
        'note',
        `the lifecycle rules can't be read (${explain(error).message}): look by hand that none expires ${where}`,
      ),
    ];
  }
}
