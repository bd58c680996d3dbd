import { auditDay } from '../audit/auditDay.ts';
import type { Attempt } from '../job/attempt.ts';
import type { Source } from '../job/source.ts';
import type { Audit } from '../ledger/audits.ts';
import { type PartitionInput, partitionOf } from './partition.ts';

/** It has no MySQL connection while it reads, because an audit is long and needs MySQL only to record what it found. */
export async function auditPartition(source: Source, input: PartitionInput, attempt: Attempt): Promise<Audit> {
  const audit = await auditDay({ source, attempt, ...partitionOf(source, input) });
  attempt.report?.(input, { event: 'audited', ...audit });
  return audit;
}
