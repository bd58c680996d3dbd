import { policyHash, type TablePolicy } from '../../config/policy.ts';
import type { RecordedPolicy } from '../../ledger/policies.ts';

/** The policy that the worker which started last runs, where the config of the command says something else. */
export interface OtherPolicy {
  /** When that worker started: ISO 8601, UTC. */
  startedAt: string;
  /** What differs: the worker's value and the config's, as JSON; `null` for a key that is left out. */
  differs: readonly { key: string; worker: string; config: string }[];
}

/** Null where they are the same, or no worker has started yet. */
export function otherPolicyOf(policy: TablePolicy, recorded: RecordedPolicy | undefined): OtherPolicy | null {
  if (!recorded || recorded.hash === policyHash(policy)) return null;
  const [own, its] = [policy, recorded.policy].map((each) => new Map(Object.entries(each)));
  const keys = [...new Set([...(own?.keys() ?? []), ...(its?.keys() ?? [])])];
  const differs = keys
    .map((key) => ({ key, worker: text(its?.get(key)), config: text(own?.get(key)) }))
    .filter(({ worker, config }) => worker !== config);
  const startedAt = `${recorded.recordedAt.replace(' ', 'T')}Z`;
  return differs.length === 0 ? null : { startedAt, differs };
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? null);
}
