import { ActivityFailure, ApplicationFailure, setCurrentDetails } from '@temporalio/workflow';
import { sourceActivities, type Timeouts } from './activities.ts';
import { checkInput } from './invalidInput.ts';
import { attributeWriter } from './searchAttributes.ts';

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
  /** There was a verified manifest already. */
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

/** A store that damages three uploads of a day isn't given a fourth. */
const exportsPerDay = 3;

function isPartDamaged(error: unknown): boolean {
  const cause = error instanceof ActivityFailure ? error.cause : undefined;
  return cause instanceof ApplicationFailure && cause.type === 'PartDamaged';
}

/** Archives one day of one table: export, read back and prove, commit. Does nothing where there is a verified manifest. */
export async function archiveTable(input: ArchiveTableInput): Promise<ArchiveTableResult> {
  checkInput(input, fields, example);
  const { archiving, verifying } = sourceActivities(input.source, input.timeouts);
  const { table, day } = input;
  const partition = { table, day };
  const writeAttributes = attributeWriter(input.searchAttributes);
  const show = (phase: string, text: string) => {
    writeAttributes({ table, day, phase });
    setCurrentDetails(`**${table}** ${day}: ${text}`);
  };
  for (let attempt = 1; ; attempt++) {
    show('exporting', 'exporting');
    const exported = await archiving.exportPartition.executeWithOptions({ summary: `${day}, export` }, [partition]);
    if (exported.archived) {
      show('archived', `archived already, ${exported.rows} rows`);
      return { rows: exported.rows, objects: exported.parts, bytes: 0, alreadyArchived: true };
    }
    const warning = exported.warning ? `; ${exported.warning}` : '';
    show('verifying', `${exported.rows} rows exported, reading them back${warning}`);
    try {
      await verifying.verifyPartition.executeWithOptions({ summary: `${day}, read back and prove` }, [partition]);
      break;
    } catch (error) {
      if (attempt === exportsPerDay || !isPartDamaged(error)) throw error;
    }
  }
  const committed = await archiving.commitManifest.executeWithOptions({ summary: `${day}, manifest` }, [partition]);
  // The activity decides whether they have changed since they were last archived.
  if (committed.undated)
    await archiving.archiveUndated.executeWithOptions({ summary: 'rows without a day' }, [{ table }]);
  show('archived', `${committed.rows} rows archived and proved`);
  const { rows, objects, bytes } = committed;
  return { rows, objects, bytes, alreadyArchived: false };
}
