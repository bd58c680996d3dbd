import { isDeepStrictEqual } from 'node:util';
import { Stopped } from '../job/attempt.ts';
import type { TableJob } from '../job/job.ts';
import {
  addRestoredDays,
  forgetRestore,
  type Restore,
  type RestoredDay,
  readRestore,
  readRestoredDays,
  recordRestore,
} from '../ledger/restores.ts';
import type { Day } from '../model/day.ts';
import { formatTableName, type TableName } from '../model/tableName.ts';
import { errnoOf, isRightRefused } from '../mysql/errors.ts';
import { identifier, qualified } from '../mysql/quote.ts';
import type { Session } from '../mysql/session/session.ts';
import { planRestore, type RestorePlan, type RestoreRequest } from './planRestore.ts';
import { chunkColumn } from './scratchTable.ts';

/** A restore whose table is there. */
export interface PreparedRestore {
  /** The table's name, as `formatTableName` writes it. */
  target: string;
  /** Days that are still to be loaded. */
  days: Day[];
  /** Days that an earlier run of the same restore has loaded. */
  done: Day[];
  /** Of all its days, as their manifests count them. */
  rows: number;
  bytes: number;
  /** Days of the range that have no archive. */
  missing: Day[];
}

/** Makes the target, or finds the one that an earlier run of the same restore has made. Safe to repeat. @throws Stopped */
export async function prepareRestore(job: TableJob, request: RestoreRequest): Promise<PreparedRestore> {
  const plan = await planRestore(job, request);
  const { ledger, policy } = job;
  const { database, table } = policy;
  const wanted: Restore = { ...plan, table: { database, table }, filter: request.where ?? '' };
  const existing = await readTarget(ledger.session, plan.target);
  let recorded = await readRestore(ledger, plan.target);
  if (recorded && existing.length === 0) {
    await forgetRestore(ledger, plan.target);
    recorded = undefined;
  }
  if (recorded) requireSame(recorded, wanted, existing);
  else {
    if (existing.length > 0) throw foreign(plan, existing);
    await createTarget(ledger.session, plan, () => recordRestore(ledger, wanted));
  }
  const known = await addMissing(job, plan);
  const isDone = (day: Day) => known.get(day)?.done !== null;
  const days = plan.days.map(({ day }) => day);
  return {
    target: formatTableName(plan.target),
    days: days.filter((day) => !isDone(day)),
    done: days.filter(isDone),
    rows: plan.days.reduce((sum, each) => sum + each.rows, 0),
    bytes: plan.days.reduce((sum, each) => sum + each.bytes, 0),
    missing: plan.missing,
  };
}

async function readTarget(session: Session, { database, table }: TableName): Promise<string[]> {
  const rows = await session.rows(
    'SELECT COLUMN_NAME AS name FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? ORDER BY ORDINAL_POSITION',
    [database, table],
  );
  return rows.map((row) => String(row.name));
}

const another = 'Drop it if nobody needs it, or name another with --into';

function foreign(plan: RestorePlan, existing: readonly string[]): Stopped {
  const columns = existing.length > 8 ? [...existing.slice(0, 8), '…'] : existing;
  return new Stopped(
    `${formatTableName(plan.target)} exists already, with columns ${columns.join(', ')}, and no restore of this source ` +
      `made it. ${another}`,
  );
}

/** @throws Stopped where the target holds something else than what is wanted, or has another shape */
function requireSame(recorded: Restore, wanted: Restore, existing: readonly string[]): void {
  const target = formatTableName(recorded.target);
  if (!isDeepStrictEqual(recorded.table, wanted.table))
    throw new Stopped(`${target} holds rows of ${formatTableName(recorded.table)}. ${another}`);
  if (recorded.filter !== wanted.filter)
    throw new Stopped(
      `${target} holds rows that were restored ${recorded.filter ? `with --where "${recorded.filter}"` : 'without --where'}. ${another}`,
    );
  const names = [chunkColumn, ...recorded.columns.map(({ name }) => name)];
  if (!isDeepStrictEqual(existing, names)) {
    const changed = [
      ...names.filter((name) => !existing.includes(name)).map((name) => `${name} is missing`),
      ...existing.filter((name) => !names.includes(name)).map((name) => `${name} was added`),
    ];
    throw new Stopped(
      `${target} has another shape than the restore gave it: ${changed.join(', ') || 'its columns are in another order'}. ${another}`,
    );
  }
  if (wanted.columns.length > recorded.columns.length) {
    const more = wanted.columns.slice(recorded.columns.length).map(({ name }) => name);
    throw new Stopped(
      `${target} holds older days, and these have further columns: ${more.join(', ')}. Restore them into another table with --into`,
    );
  }
}

/** Records the restore first, so that a table without a record is never taken for one that a restore made. */
async function createTarget(session: Session, plan: RestorePlan, record: () => Promise<void>): Promise<void> {
  const target = formatTableName(plan.target);
  await record();
  try {
    await session.execute(plan.ddl);
  } catch (error) {
    if (errnoOf(error) === unknownDatabase)
      throw new Stopped(`${target}: there is no such database: CREATE DATABASE ${identifier(plan.target.database)}`, {
        cause: error,
      });
    if (isRightRefused(error)) throw await lacksRights(session, plan.target, error);
    throw error;
  }
}

/** ER_BAD_DB_ERROR */
const unknownDatabase = 1049;

/** The session's account, as a GRANT names it. */
export async function accountOf(session: Session): Promise<string> {
  const [row] = await session.rows('SELECT CURRENT_USER() AS account');
  const [user = '', host = '%'] = String(row?.account).split(/@(?=[^@]*$)/);
  return `'${user.replaceAll("'", "''")}'@'${host}'`;
}

/** A restore needs rights that no archive and no purge needs: the statement that gives them. */
export async function lacksRights(session: Session, target: TableName, cause: unknown): Promise<Stopped> {
  const account = await accountOf(session);
  return new Stopped(
    `${formatTableName(target)}: ${account} may not make this table and write into it. Give it the right to this one ` +
      `table, for as long as you restore: GRANT SELECT, INSERT, CREATE ON ${qualified(target.database, target.table)} TO ${account};`,
    { cause },
  );
}

/** The restore's days, with those of the plan. @throws Stopped where a day was healed since it was loaded */
async function addMissing({ ledger }: TableJob, plan: RestorePlan): Promise<Map<Day, RestoredDay>> {
  const before = new Map((await readRestoredDays(ledger, plan.target)).map((each) => [each.day, each]));
  for (const { day, revision } of plan.days) {
    const known = before.get(day);
    if (known && known.revision !== revision)
      throw new Stopped(
        `${formatTableName(plan.target)} holds ${day} as of revision ${known.revision} of its archive, which was healed ` +
          `since and has revision ${revision}. ${another}`,
      );
  }
  await addRestoredDays(
    ledger,
    plan.target,
    plan.days.filter(({ day }) => !before.has(day)),
  );
  return new Map((await readRestoredDays(ledger, plan.target)).map((each) => [each.day, each]));
}
