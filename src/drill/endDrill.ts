import type { Job } from '../job/job.ts';
import { type Drill, recordDrill } from '../ledger/drills.ts';
import { forgetRestore, readRestore } from '../ledger/restores.ts';
import { formatTableName, type TableName } from '../model/tableName.ts';
import { qualified } from '../mysql/quote.ts';

/** Drops the drill's table, if a restore of this very table made it, and records what the drill came to. Safe to repeat. */
export async function endDrill({ ledger, key }: Job, target: TableName, drill: Drill): Promise<void> {
  const restore = await readRestore(ledger, target);
  if (restore && formatTableName(restore.table) === formatTableName(key)) {
    await ledger.session.execute(`DROP TABLE IF EXISTS ${qualified(target.database, target.table)}`);
    await forgetRestore(ledger, target);
  }
  await recordDrill(ledger, key, drill);
}
