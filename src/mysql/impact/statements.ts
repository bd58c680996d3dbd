import { errnoOf } from '../errors.ts';
import type { Statements } from '../session/session.ts';

/** What performance_schema has counted of other users' statements since the server's start. */
export interface StatementCounters {
  statements: number;
  millis: number;
}

/** Where performance_schema sums statements up by user. SELECT on it is what the grants give. */
export const statementSummary = 'performance_schema.events_statements_summary_by_user_by_event_name';

/**
 * The counters of all users but this session's own. Undefined where performance_schema is off, or counts no other user.
 * Replication's own threads have no user, and a replica's dump isn't a statement that anybody waits for.
 */
export async function readStatementCounters(session: Statements): Promise<StatementCounters | undefined> {
  const [row] = await session.rows(
    `SELECT SUM(count_star) AS statements, SUM(sum_timer_wait) / 1000000000 AS millis FROM ${statementSummary}
      WHERE count_star > 0 AND user IS NOT NULL AND user <> SUBSTRING_INDEX(USER(), '@', 1)
        AND event_name NOT LIKE 'statement/com/Binlog%'`,
  );
  return row?.statements == null ? undefined : { statements: Number(row.statements), millis: Number(row.millis) };
}

/** Whether the server refuses the summary to this account (1142), or has none (1049, 1146). */
export function isUncounted(error: unknown): boolean {
  return [1044, 1049, 1142, 1146].includes(errnoOf(error) ?? 0);
}

/** A statement's mean latency between two readings; undefined where too few ended, or the server has started again. */
export function meanBetween(
  before: StatementCounters,
  after: StatementCounters,
): { millis: number; statements: number } | undefined {
  const statements = after.statements - before.statements;
  const millis = after.millis - before.millis;
  if (!(statements >= fewest && millis >= 0)) return undefined;
  return { millis: millis / statements, statements };
}

const fewest = 3;
