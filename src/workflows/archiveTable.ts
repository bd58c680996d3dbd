import { setCurrentDetails } from '@temporalio/workflow';
import { sourceActivities, type Timeouts } from './activities.ts';
import { checkInput } from './invalidInput.ts';
import { placeKeeper } from './searchAttributes.ts';

export interface ArchiveTableInput {
  source: string;
  /** `db.table`, a part that holds a dot in backticks. */
  table: string;
  /** `YYYY-MM-DD` */
  day: string;
  /** Whether the namespace knows Sediment's search attributes. */
  searchAttributes?: boolean;
  timeouts?: Timeouts;
}

export interface ArchiveTableResult {
  rows: number;
  objects: number;
  bytes: number;
  /** A verified manifest stood already. */
  alreadyArchived: boolean;
}

const fields = {
  source: 'source',
  table: 'table',
  day: 'day',
  searchAttributes: 'flag?',
  timeouts: 'timeouts?',
} as const;
const example = '{"source": "bank-primary", "table": "shop.orders", "day": "2026-11-21"}';

/** Archives one day of one table: export, read back and prove, commit. A no-op where a verified manifest stands. */
export async function archiveTable(input: ArchiveTableInput): Promise<ArchiveTableResult> {
  checkInput(input, fields, example);
  const { exports, verifications } = sourceActivities(input.source, input.timeouts);
  const { table, day } = input;
  const partition = { table, day };
  const place = placeKeeper(input.searchAttributes);
  const show = (phase: string, text: string) => {
    place({ table, day, phase });
    setCurrentDetails(`**${table}** ${day}: ${text}`);
  };
  show('exporting', 'exporting');
  const exported = await exports.exportPartition.executeWithOptions({ summary: `${day}, export` }, [partition]);
  if (exported.archived) {
    show('archived', `archived already, ${exported.rows} rows`);
    return { rows: exported.rows, objects: exported.parts, bytes: 0, alreadyArchived: true };
  }
  show('verifying', `${exported.rows} rows exported, reading them back`);
  await verifications.verifyPartition.executeWithOptions({ summary: `${day}, read back and prove` }, [partition]);
  const committed = await exports.commitManifest.executeWithOptions({ summary: `${day}, manifest` }, [partition]);
  show('archived', `${committed.rows} rows archived and proved`);
  return { ...committed, alreadyArchived: false };
}
