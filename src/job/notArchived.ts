import type { Partition, PartitionKey } from '../ledger/ledger.ts';
import { formatTableName, tableArgument } from '../model/tableName.ts';
import { Stopped } from './attempt.ts';
import { backfillCommand } from './backfillCommand.ts';

/** Why a day has no archive to work with: it was never archived, or its archive has expired. */
export function notArchived(key: PartitionKey, row: Pick<Partition, 'state'> | undefined): Stopped {
  const dayName = `${formatTableName(key)} ${key.day}`;
  if (row?.state !== 'expired')
    return new Stopped(`${dayName} isn't archived yet; archive it:`, { command: backfillCommand(key) });
  return new Stopped(`${dayName} has no archive any more: it has expired and was deleted. By whom, and when:`, {
    command: `sediment history ${tableArgument(key)}`,
  });
}
