import { policiesOf } from '../config/policy.ts';
import { expireTable } from '../expire/expireTable.ts';
import type { Attempt } from '../job/attempt.ts';
import type { Source } from '../job/source.ts';
import { messageOf } from '../model/error.ts';
import { formatTableName } from '../model/tableName.ts';

export interface ExpireInput {
  /** Only these, as `db.table`; left out: all tables of the config. */
  tables?: readonly string[] | undefined;
}

/** What an audit's run has deleted because its time was over, and what it could not. */
export interface ExpireResult {
  days: number;
  bytes: number;
  versions: number;
  /** Why days could not go, by `table day`, or a whole table by its name. */
  refused: Record<string, string>;
}

/** Deletes what has expired of the tables whose policy lets the audit do it. One table's failure keeps no other from it. */
export async function expireArchive(source: Source, input: ExpireInput, attempt: Attempt): Promise<ExpireResult> {
  const result: ExpireResult = { days: 0, bytes: 0, versions: 0, refused: {} };
  for (const policy of policiesOf(source.config, input.tables)) {
    if (policy.archive?.by !== 'audit') continue;
    try {
      const { expired, refused } = await source.withLedger((ledger) =>
        expireTable({ source, ledger, policy, attempt }, { byAudit: true }),
      );
      for (const { bytes, versions } of expired) {
        result.days++;
        result.bytes += bytes;
        result.versions += versions;
      }
      for (const { day, refused: why } of refused) result.refused[`${formatTableName(policy)} ${day}`] = why ?? '';
    } catch (error) {
      attempt.signal.throwIfAborted();
      result.refused[formatTableName(policy)] = messageOf(error);
    }
  }
  return result;
}
