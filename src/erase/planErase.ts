import { InvalidFilter } from '../archive/rowFilter.ts';
import { requireRecorded } from '../checks/openTable.ts';
import { Stopped } from '../job/attempt.ts';
import type { TableJob } from '../job/job.ts';
import { stopOf } from '../job/stopOf.ts';
import { archivedDays, type DayRange } from '../ledger/days/archivedDays.ts';
import { readOpenErasures } from '../ledger/erasures.ts';
import type { Day } from '../model/day.ts';
import { formatTableName } from '../model/tableName.ts';
import { dayManifest } from '../partition/dayManifest.ts';
import { requireErasable } from './eraseDay.ts';
import { searchDay } from './searchDay.ts';

/** A day whose archive has such rows. */
export interface PlannedErasure {
  day: Day;
  rows: number;
  supersededRows: number;
  /** Parts that would be written again, of so many. */
  parts: number;
  of: number;
  /** Why it can't be erased now; null where it can. */
  refused: string | null;
}

export interface ErasePlan {
  days: PlannedErasure[];
  /** Days that were begun and aren't done. */
  open: Day[];
  daysRead: number;
}

/** Searches the archive, days in their order. Changes nothing. @throws Stopped */
export async function planErase(job: TableJob, where: string, range: DayRange): Promise<ErasePlan> {
  const { source, ledger, policy, attempt } = job;
  const { database, table } = policy;
  await requireRecorded(ledger, policy, source.config);
  const days = await archivedDays(ledger, policy, range);
  const open = (await readOpenErasures(ledger.session, ledger.name)).get(formatTableName(policy)) ?? [];
  const plan: ErasePlan = { days: [], open: [...new Set(open.map(({ day }) => day))], daysRead: days.length };
  for (const day of days) {
    attempt.signal.throwIfAborted();
    attempt.heartbeat({ phase: 'searching', day });
    const manifest = await dayManifest(source, policy, day);
    try {
      const { parts, rows, supersededRows } = await searchDay(source, policy, manifest, where);
      if (rows + supersededRows === 0) continue;
      const refused = await stopOf(() => requireErasable({ ...job, key: { database, table, day } }, manifest, where));
      plan.days.push({ day, rows, supersededRows, parts: parts.size, of: manifest.parts.length, refused });
    } catch (error) {
      if (error instanceof InvalidFilter) throw new Stopped(error.message, { cause: error });
      throw error;
    }
  }
  return plan;
}
