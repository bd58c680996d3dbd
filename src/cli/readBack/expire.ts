import { announcedBefore } from '../../config/expiry.ts';
import type { Config } from '../../config/load.ts';
import { policiesOf, type TablePolicy } from '../../config/policy.ts';
import { expireTable } from '../../expire/expireTable.ts';
import { type PlannedExpiry, planExpiry } from '../../expire/planExpiry.ts';
import type { TableJob } from '../../job/job.ts';
import { serverToday } from '../../job/tableTime.ts';
import { formatTableName } from '../../model/tableName.ts';
import { interruptible } from '../interruptible.ts';
import { type CommonOptions, exitCodes, print } from '../output.ts';
import { counted, size } from '../text/format.ts';
import { ownerName } from '../text/owner.ts';

/** What of the archive has expired: deleted, or with `dryRun` only said. */
export async function expire(
  config: Config,
  options: CommonOptions & { dryRun?: boolean },
  named: string | undefined,
): Promise<number> {
  const policies = policiesOf(config, named === undefined ? undefined : [named]);
  return interruptible(config, options.dryRun, async (own) => {
    const tables: ExpiredReport[] = [];
    for (const policy of policies) {
      const report = await expireOne({ ...own, policy }, options.dryRun === true);
      if (report) tables.push(report);
    }
    const refused = tables.some(({ due }) => due.some((day) => day.refused !== null));
    print(options, { dryRun: options.dryRun === true, tables }, linesOf(tables, policies, options.dryRun === true));
    return refused ? exitCodes.failed : exitCodes.ok;
  });
}

interface ExpiredReport {
  table: string;
  expire: string | null;
  by: 'command' | 'audit';
  /** Days whose time is over: those that can't go now say why. */
  due: PlannedExpiry[];
  /** Announced days whose time isn't over. */
  later: PlannedExpiry[];
  /** Days that were deleted just now. */
  expired: { day: string; rows: number; bytes: number; versions: number }[];
  /** Days before this one are announced by the next daily run, or by this command without --dry-run. */
  announcedBefore: string | null;
}

/** Undefined where the table keeps its archive for good and nothing is begun. */
async function expireOne(job: TableJob, dryRun: boolean): Promise<ExpiredReport | undefined> {
  const { policy, ledger } = job;
  const found = dryRun
    ? { expired: [], plan: await planExpiry(job) }
    : await expireTable(job, { who: ownerName(), byAudit: false });
  const { expire, by, due, later } = found.plan;
  if (expire === undefined && due.length === 0) return undefined;
  const before = announcedBefore(policy.archive, await serverToday(ledger.session, policy));
  const gone = new Set(found.expired.map(({ day }) => day));
  return {
    table: formatTableName(policy),
    expire: expire ?? null,
    by,
    due: due.filter(({ day }) => !gone.has(day)),
    later,
    expired: found.expired,
    announcedBefore: before ?? null,
  };
}

function linesOf(tables: readonly ExpiredReport[], policies: readonly TablePolicy[], dryRun: boolean): string[] {
  if (tables.length === 0)
    return [
      `${policies.length === 1 ? 'Its archive is' : 'All archives are'} kept for good: no policy says archive: { expire: P7Y }. Nothing was deleted.`,
    ];
  return tables.flatMap(({ table, expire, due, later, expired, announcedBefore: before }) => {
    const bytes = [...due, ...expired].reduce((sum, each) => sum + each.bytes, 0);
    const days = (count: number) => counted(count, 'day');
    const summaryOf = () =>
      dryRun
        ? `${days(due.length)} due, ${size(bytes)}; ${days(later.length)} announced. Days before ${before} are announced ` +
          'by the daily run. Nothing was deleted.'
        : `${days(expired.length)} deleted, ${days(due.length)} could not be, ${days(later.length)} announced.`;
    return [
      ...expired.map(
        (day) =>
          `${table} ${day.day}  ${size(day.bytes)}, ${counted(day.rows, 'row')}, ${counted(day.versions, 'version')} deleted`,
      ),
      ...due.map(
        ({ day, rows, bytes: own, refused, begun }) =>
          `${table} ${day}  ${size(own)}, ${counted(rows, 'row')}${begun ? ', begun before' : ''}` +
          `${refused === null ? (dryRun ? ': would be deleted' : '') : `. Refused: ${refused}`}`,
      ),
      ...later.map(
        ({ day, rows, bytes: own, goesOn }) =>
          `${table} ${day}  ${size(own)}, ${counted(rows, 'row')}: from ${goesOn} on`,
      ),
      `${table}: kept for ${expire ?? 'good'}; ${summaryOf()}`,
    ];
  });
}
