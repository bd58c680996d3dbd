import { policyHash, type TablePolicy } from '../config/policy.ts';
import { formatTableName, type TableName } from '../model/tableName.ts';
import { isMissingLedger } from '../mysql/errors.ts';
import { identifier } from '../mysql/quote.ts';
import type { Session } from '../mysql/session/session.ts';
import type { Ledger } from './ledger.ts';
import { tableNameOf } from './rowFields.ts';

/** A table's policy as the ledger has it. */
export interface RecordedPolicy {
  hash: string;
  policy: TablePolicy;
  /** When a worker first started with it, by MySQL's clock, `YYYY-MM-DD HH:MM:SS.ffffff` UTC. */
  recordedAt: string;
}

/** Rows per INSERT: a policy is about 1 KB of JSON, and max_allowed_packet may be 1 MB. */
const rowsAtOnce = 200;

/**
 * Records the policies that a worker starts with. Those that are recorded already keep their time. The worker that
 * started last has the newest policy, because a config is changed by starting workers with it.
 */
export async function recordPolicies(ledger: Ledger, policies: readonly TablePolicy[]): Promise<void> {
  const known = await readPolicyHashes(ledger);
  const changed = policies.filter((policy) => known.get(formatTableName(policy)) !== policyHash(policy));
  for (let at = 0; at < changed.length; at += rowsAtOnce) {
    const rows = changed.slice(at, at + rowsAtOnce);
    await ledger.session.execute(
      `INSERT INTO ${identifier(ledger.name)}.policies (database_name, table_name, hash, policy)
         VALUES ${rows.map(() => '(?, ?, ?, ?)').join(', ')}
         ON DUPLICATE KEY UPDATE hash = VALUES(hash), policy = VALUES(policy), recorded_at = CURRENT_TIMESTAMP(6)`,
      rows.flatMap((policy) => [policy.database, policy.table, policyHash(policy), JSON.stringify(policy)]),
    );
  }
}

/** The hash of each table's recorded policy, by `db.table`. */
async function readPolicyHashes(ledger: Pick<Ledger, 'session' | 'name'>): Promise<ReadonlyMap<string, string>> {
  const rows = await ledger.session.rows(
    `SELECT database_name, table_name, hash FROM ${identifier(ledger.name)}.policies`,
  );
  return new Map(rows.map((row) => [tableNameOf(row), String(row.hash)]));
}

/** By `db.table`. A ledger that the first newer worker is yet to migrate has none. */
export async function readPolicies(session: Session, ledger: string): Promise<Map<string, RecordedPolicy>> {
  const statement = `SELECT database_name, table_name, hash, policy, recorded_at FROM ${identifier(ledger)}.policies`;
  const rows = await session.rows(statement).catch((error: unknown) => {
    if (isMissingLedger(error)) return [];
    throw error;
  });
  return new Map(rows.map((row) => [tableNameOf(row), recordedPolicy(row)]));
}

export async function readPolicy(ledger: Ledger, { database, table }: TableName): Promise<RecordedPolicy | undefined> {
  const [row] = await ledger.session.rows(
    `SELECT hash, policy, recorded_at FROM ${identifier(ledger.name)}.policies WHERE database_name = ? AND table_name = ?`,
    [database, table],
  );
  return row && recordedPolicy(row);
}

function recordedPolicy(row: Record<string, string | null>): RecordedPolicy {
  return {
    hash: String(row.hash),
    policy: JSON.parse(String(row.policy)) as TablePolicy,
    recordedAt: String(row.recorded_at),
  };
}
