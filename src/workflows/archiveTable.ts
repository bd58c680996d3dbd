import { setCurrentDetails } from '@temporalio/workflow';
import { sourceActivities, type Timeouts } from './activities.ts';

export interface ArchiveTableInput {
  source: string;
  /** `db.table` */
  table: string;
  /** `YYYY-MM-DD` */
  day: string;
  timeouts?: Timeouts;
}

export interface ArchiveTableResult {
  rows: number;
  objects: number;
  bytes: number;
  /** A verified manifest stood already. */
  alreadyArchived: boolean;
}

/** Archives one day of one table: export, read back and prove, commit. A no-op where a verified manifest stands. */
export async function archiveTable(input: ArchiveTableInput): Promise<ArchiveTableResult> {
  const { exports, verifications } = sourceActivities(input.source, input.timeouts);
  const partition = { table: input.table, day: input.day };
  setCurrentDetails(`**${input.table}** ${input.day}: exporting`);
  const exported = await exports.exportPartition(partition);
  if (exported.archived) {
    setCurrentDetails(`**${input.table}** ${input.day}: archived already, ${exported.rows} rows`);
    return { rows: exported.rows, objects: exported.parts, bytes: 0, alreadyArchived: true };
  }
  setCurrentDetails(`**${input.table}** ${input.day}: ${exported.rows} rows exported, reading them back`);
  await verifications.verifyPartition(partition);
  const committed = await exports.commitManifest(partition);
  setCurrentDetails(`**${input.table}** ${input.day}: ${committed.rows} rows archived and proved`);
  return { ...committed, alreadyArchived: false };
}
