import type { SourceJob } from '../job/job.ts';
import { appendHistory } from '../ledger/history.ts';
import type { Day } from '../model/day.ts';
import { daysOf } from '../model/dayRange.ts';
import type { PlanPage } from './planPage.ts';

/** What the history keeps of a run that has begun: what its first page found. */
export interface BegunRun {
  run: 'daily' | 'backfill';
  from?: Day;
  to?: Day;
  /** Of the whole run. */
  tables: number;
  /** Days to archive, of the first page's tables. */
  days: number;
  refused: number;
  failed: number;
}

/** Once a run, when its first page is planned. */
export async function recordRun({ source }: SourceJob, run: BegunRun): Promise<void> {
  try {
    await source.withLedger((ledger) => appendHistory(ledger, { event: 'begun', detail: { ...run } }));
  } catch {
    // What keeps the ledger from taking a line is each table's to say, by its own first write.
  }
}

/** @param tables of the whole run, not of the page alone */
export function countsOf({ tables: planned }: PlanPage, tables: number): Omit<BegunRun, 'run'> {
  return {
    tables,
    days: planned.reduce((sum, { days }) => sum + daysOf(days).length, 0),
    refused: planned.filter(({ refused }) => refused !== undefined).length,
    failed: planned.filter(({ failed }) => failed !== undefined).length,
  };
}
