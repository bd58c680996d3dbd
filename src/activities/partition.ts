import { findPolicy, type TablePolicy } from '../config/policy.ts';
import type { Attempt } from '../job/attempt.ts';
import type { Job, TableJob } from '../job/job.ts';
import type { Source } from '../job/source.ts';
import type { PartitionKey } from '../ledger/ledger.ts';
import { parseDay, undatedDay } from '../model/day.ts';
import { namingRights } from './namingRights.ts';

export interface TableInput {
  /** `db.table`, as in the config. */
  table: string;
}

export interface PartitionInput extends TableInput {
  /** `YYYY-MM-DD` */
  day: string;
}

/** What an activity's input names. @throws UnknownTable, InvalidDay */
export function partitionOf(source: Source, input: PartitionInput): { policy: TablePolicy; key: PartitionKey } {
  const policy = findPolicy(source.config, input.table);
  return {
    policy,
    key: {
      database: policy.database,
      table: policy.table,
      day: input.day === undatedDay ? undatedDay : parseDay(input.day),
    },
  };
}

/** Runs `work` on the day that an input names, with a connection of its own. @throws UnknownTable, InvalidDay */
export async function onPartition<T>(
  source: Source,
  input: PartitionInput,
  attempt: Attempt,
  work: (job: Job) => Promise<T>,
): Promise<T> {
  const { policy, key } = partitionOf(source, input);
  return named(source, policy, () => source.withLedger((ledger) => work({ source, ledger, policy, key, attempt })));
}

/** Runs `work` on the table that an input names, with a connection of its own. @throws UnknownTable */
export async function onTable<T>(
  source: Source,
  input: TableInput,
  attempt: Attempt,
  work: (job: TableJob) => Promise<T>,
): Promise<T> {
  const policy = findPolicy(source.config, input.table);
  return named(source, policy, () => source.withLedger((ledger) => work({ source, ledger, policy, attempt })));
}

async function named<T>(source: Source, policy: TablePolicy, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw await namingRights(source, policy, error);
  }
}
