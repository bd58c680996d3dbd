import type { Config } from '../../config/load.ts';
import type { LedgerReport } from '../../ledger/report.ts';
import { type Day, daysBetween } from '../../model/day.ts';
import { wasArchived } from '../../model/partitionState.ts';
import { formatTableName } from '../../model/tableName.ts';
import type { DaysEstimate } from '../../mysql/estimate/dayEstimate.ts';
import type { Session } from '../../mysql/session/session.ts';
import type { TableReport } from './tableStatus.ts';

/** Tables that one look counts in: `status` may be asked while the server is at its limit. */
const tablesCounted = 20;

/**
 * Rows of the days that are past the retention and have no archive yet, by `db.table`: the ledger doesn't know them. A
 * table that isn't among them is refused, or one of too many.
 *
 * @param known what an earlier look has found; taken over where the days are the same
 */
export async function countMissing(
  session: Session,
  config: Config,
  { tables, ledger }: { tables: readonly TableReport[]; ledger: LedgerReport },
  known: ReadonlyMap<string, MissingRows> = new Map(),
): Promise<Map<string, MissingRows>> {
  const found = new Map<string, MissingRows>();
  for (const policy of config.tables) {
    const report = tables.find(({ table }) => table === formatTableName(policy));
    const days = report ? missingDue(report, ledger) : [];
    if (!report || days.length === 0 || report.refused || found.size >= tablesCounted) continue;
    const before = known.get(report.table);
    // What can't be counted stays uncounted, and the text says so: the ledger's own figures are shown all the same.
    // Loaded here, because where nothing is to be counted, `status` starts without the checks of a table.
    const count = async () => (await import('./countDays.ts')).countDays(session, config, policy, days);
    const counted = before?.days === days.length ? before : await count().catch(() => undefined);
    if (counted) found.set(report.table, counted);
  }
  return found;
}

/** Whether days that are due have no archive and weren't counted: the table was refused to this user, or one of too many. */
export function isUncounted(
  { table, missing, cutoff }: TableReport,
  counted: ReadonlyMap<string, MissingRows>,
): boolean {
  return missing !== null && missing.from < cutoff && !counted.has(table);
}

/** So many days, and what is in them. */
export interface MissingRows extends DaysEstimate {
  days: number;
}

function missingDue({ table, missing, cutoff }: TableReport, ledger: LedgerReport): Day[] {
  if (!missing || missing.from >= cutoff) return [];
  const archived = new Set(
    (ledger.days.get(table) ?? []).flatMap(({ day, state }) => (wasArchived(state) ? [day] : [])),
  );
  const summaries = ledger.summaries.get(table) ?? [];
  return daysBetween(missing.from, missing.to).filter(
    (day) => day < cutoff && !archived.has(day) && !summaries.some(({ first, last }) => first <= day && day <= last),
  );
}
