import { cutoffOf } from '../config/cutoff.ts';
import { policyHash } from '../config/policy.ts';
import { Stopped } from '../job/attempt.ts';
import type { Job } from '../job/job.ts';
import { notArchived } from '../job/notArchived.ts';
import { serverToday } from '../job/tableTime.ts';
import type { Day } from '../model/day.ts';
import { isArchived } from '../model/partitionState.ts';
import { formatTableName } from '../model/tableName.ts';

/** What follows a heal that a person asked for. */
export interface HealPlan {
  /** Days before it are purged. */
  cutoff: Day;
  policyHash: string;
  /** Whether the policy lets the purge go on. */
  purge: boolean;
}

/** @throws Stopped if the day isn't archived, or is within its retention: until then its rows may change */
export async function planRequestedHeal({ ledger, policy, key }: Job): Promise<HealPlan> {
  const dayName = `${formatTableName(key)} ${key.day}`;
  const row = await ledger.readPartition(key);
  if (!row || !isArchived(row.state)) throw notArchived(key, row);
  const cutoff = cutoffOf(policy, await serverToday(ledger.session, policy));
  if (key.day >= cutoff)
    throw new Stopped(
      `${dayName} isn't past its retention (${policy.retention}, days before ${cutoff}); it is healed when it is purged`,
    );
  return { cutoff, policyHash: policyHash(policy), purge: policy.purge === 'enabled' };
}
