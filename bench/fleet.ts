import { ApplicationFailure } from '@temporalio/common';
import type { Activities } from '../src/activities/index.ts';
import { addDays, type Day, parseDay } from '../src/model/day.ts';
import type { TablePlan } from '../src/plan/planPage.ts';

/** A simulated fleet of tables, as big as real ones and without a row. */
export interface Fleet {
  tables: number;
  /** Days a table that wait for their archive. */
  days: number;
  /** Rows of the one table that a purge deletes; 0: purges find nothing due. */
  rows: number;
  /** Every third table is refused, every third fails, each with as long a reason as servers give. */
  troubled: boolean;
}

/** What was seen of a fleet's activities. */
export interface Seen {
  inFlight: number;
  mostInFlight: number;
  archivedDays: number;
  deleted: number;
  slices: number;
}

export const firstDay = parseDay('2026-09-01');
/** As planPage makes them. */
const tablesAPage = 200;
/** A slice of five minutes at 10,000 rows a second. */
const rowsASlice = 3_000_000;
const rowsADay = 200_000_000;
/** As long as what S3, MySQL and Sediment say at their longest. */
const longReason = 'the bucket says 403: not authorized to perform s3:PutObject, '.repeat(10);

export function startSeen(): Seen {
  return { inFlight: 0, mostInFlight: 0, archivedDays: 0, deleted: 0, slices: 0 };
}

/** Activities that answer at once: what Temporal has to hold is the workflows' own. */
export function fleetActivities(fleet: Fleet, seen: Seen): Activities {
  const partition = { rows: 1_000_000, parts: 1, chunks: 250, objects: 2, bytes: 40_000_000, archived: false };
  return {
    archiveUndated: async () => ({ rows: 0, unchanged: true }),
    deployProcedures: async () => ({ created: 0, present: fleet.tables, removed: 0, failed: {} }),
    planDay: async ({ after }) => page(fleet, after),
    planBackfill: async ({ after }) => page(fleet, after),
    exportPartition: async ({ table }) => {
      if (fleet.troubled && Number(table.slice(-5)) % 3 === 1)
        throw ApplicationFailure.nonRetryable(longReason, 'Stopped');
      seen.mostInFlight = Math.max(seen.mostInFlight, ++seen.inFlight);
      return partition;
    },
    verifyPartition: async () => partition,
    commitManifest: async () => {
      seen.inFlight--;
      seen.archivedDays++;
      return partition;
    },
    purgeSlice: async () => {
      const left = fleet.rows - seen.deleted;
      if (left <= 0) return { done: true, deleted: 0 };
      const deleted = Math.min(rowsASlice, left);
      const day = addDays(firstDay, Math.floor(seen.deleted / rowsADay));
      seen.deleted += deleted;
      seen.slices++;
      return { done: false, day, deleted };
    },
    healPartition: async () => ({ added: 0, changed: 0, removed: 0, parts: 0, left: 0 }),
    planHeal: () => Promise.reject(new Error('nobody heals here')),
    planAudit: async () => ({ tables: [], searchAttributes: true }),
    auditPartition: async () => ({ rows: 0, bytes: 0, finding: null }),
    auditFolders: async () => ({}),
    expireArchive: () => Promise.reject(new Error('nothing expires here')),
    prepareRestore: () => Promise.reject(new Error('nobody restores here')),
    restorePartition: () => Promise.reject(new Error('nobody restores here')),
    preparePutBack: () => Promise.reject(new Error('nobody restores here')),
    putBackPartition: () => Promise.reject(new Error('nobody restores here')),
    planDrill: () => Promise.reject(new Error('nobody drills here')),
    endDrill: () => Promise.reject(new Error('nobody drills here')),
    holdTable: () => Promise.reject(new Error('nobody pauses here')),
    releaseTable: () => Promise.reject(new Error('nobody resumes here')),
    readHold: () => Promise.reject(new Error('nobody pauses here')),
  };
}

function page(fleet: Fleet, after: string | undefined) {
  const begin = after === undefined ? 0 : Number(after.slice(-5)) + 1;
  const end = Math.min(begin + tablesAPage, fleet.tables);
  const tables = Array.from({ length: end - begin }, (_, index) => planOf(fleet, begin + index));
  return { tables, searchAttributes: true, after: end < fleet.tables ? nameOf(end - 1) : undefined };
}

function nameOf(index: number): string {
  return `shop.orders_of_tenant_${String(index).padStart(5, '0')}`;
}

function planOf(fleet: Fleet, index: number): TablePlan {
  const table = nameOf(index);
  if (fleet.troubled && index % 3 === 0) return { table, days: [], refused: longReason };
  return {
    table,
    days: [{ from: firstDay, to: addDays(firstDay, fleet.days - 1) as Day }],
    cutoff: firstDay,
    policyHash: 'c0ffee00c0ffee00',
  };
}
