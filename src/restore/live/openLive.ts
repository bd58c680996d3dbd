import { openArchived } from '../../checks/openTable.ts';
import { Stopped } from '../../job/attempt.ts';
import type { TableJob } from '../../job/job.ts';
import { formatTableName } from '../../model/tableName.ts';
import { insertTriggers } from '../../mysql/schema/insertTriggers.ts';
import type { TableSchema } from '../../mysql/schema/tableSchema.ts';
import { requireServer } from '../../partition/open/serverClaim.ts';

/** The live table, if rows may be put back into it as they were archived. @throws Stopped, TableRefused, ServerChanged */
export async function openLive({ source, ledger, policy }: TableJob): Promise<TableSchema> {
  await requireServer(source, ledger);
  const { schema } = await openArchived(ledger, policy, { config: source.config });
  const triggers = await insertTriggers(ledger.session, schema.catalogue);
  if (triggers.length > 0)
    throw new Stopped(
      `${formatTableName(policy)}: the trigger ${triggers.join(', ')} runs on each insert, and would take ` +
        'rows of years ago for new ones. Drop it for that time; or restore into a table of its own, without --live',
    );
  return schema;
}
