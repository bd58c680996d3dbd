import { commitManifest } from '../src/activities/commitManifest.ts';
import { exportPartition } from '../src/activities/exportPartition.ts';
import { verifyPartition } from '../src/activities/verifyPartition.ts';
import { startDigestThreads } from '../src/export/digestPool.ts';
import type { Source } from '../src/job/source.ts';
import { orders } from './orders.ts';

/** Archives the benches' day below a prefix, and gives its objects that hold rows, as they are in S3. */
export async function archiveOrders(source: Source, prefix: string): Promise<Buffer[]> {
  const attempt = { heartbeat: () => undefined, signal: new AbortController().signal };
  const input = { table: `${orders.database}.${orders.table}`, day: orders.day };
  await startDigestThreads();
  await source.withLedger((ledger) => ledger.migrate());
  await exportPartition(source, input, attempt);
  await verifyPartition(source, input, attempt);
  await commitManifest(source, input, attempt);
  const objects: Buffer[] = [];
  for (const key of await source.store.list(prefix))
    if (key.endsWith('.csv.gz')) objects.push(await source.store.read(key));
  return objects;
}
