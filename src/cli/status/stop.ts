import type { TablePolicy } from '../../config/policy.ts';
import { type RecordedRefusal, refusalOfWork } from '../../ledger/refusals.ts';
import type { DayReport } from '../../ledger/report.ts';
import type { Day } from '../../model/day.ts';
import { formatTableName } from '../../model/tableName.ts';

/** A day that stands, or a table's whole purge, until a person has looked. */
export interface Stopped {
  work: 'archive' | 'purge';
  /** Null where the purge stands whatever the day. */
  day: Day | null;
  /** In full, as whoever stopped wrote it. */
  reason: string;
  /** What a person does about it, where the reason doesn't say it. */
  remedy: string | null;
  /** As a shell takes it; null where a person has to mend something that no command does. */
  command: string | null;
  /** ISO 8601, UTC. */
  since: string;
}

/** The first thing that stands: a day that its purge stopped at, the whole purge, or a day's archive. */
export function stoppedOf(
  policy: TablePolicy,
  days: readonly DayReport[],
  refusals: readonly RecordedRefusal[],
): Stopped | null {
  const table = formatTableName(policy);
  const day = days.find((each) => each.stopped !== null);
  if (day?.stopped)
    return {
      work: 'purge',
      day: day.day,
      reason: withoutSubject(day.stopped, table, day.day),
      remedy: null,
      command: day.stopCommand,
      since: day.updatedAt,
    };
  const found = refusalOfWork(policy, refusals);
  if (!found) return null;
  const { work, reason, remedy, command, since } = found;
  const own = withoutSubject(reason, table, found.day);
  return { work: work === 'archive' ? 'archive' : 'purge', day: found.day, reason: own, remedy, command, since };
}

/** Messages begin with the table and the day, which stand beside it here. */
function withoutSubject(text: string, table: string, day: Day | null): string {
  const subject = [`${table} ${day}: `, `${table}: `].find((each) => text.startsWith(each));
  return subject ? text.slice(subject.length) : text;
}

/** What is wrong, without the command that the reason ends with. */
export function findingOf({ reason, command }: { reason: string; command: string | null }): string {
  return command !== null && reason.endsWith(command) ? reason.slice(0, -command.length).trimEnd() : reason;
}
