import { InvalidFilter } from '../../archive/rowFilter.ts';
import type { Config } from '../../config/load.ts';
import { findPolicy, type TablePolicy } from '../../config/policy.ts';
import { type EraseRequest, eraseDay } from '../../erase/eraseDay.ts';
import { type ErasePlan, planErase } from '../../erase/planErase.ts';
import { Stopped } from '../../job/attempt.ts';
import type { DayRange } from '../../ledger/days/archivedDays.ts';
import { formatTableName } from '../../model/tableName.ts';
import { WrongUse } from '../explain/explain.ts';
import { interruptible } from '../interruptible.ts';
import { type CommonOptions, exitCodes, print } from '../output.ts';
import { keyCondition } from '../readBack/keyCondition.ts';
import { archivedDay, checkWanted } from '../readBack/wanted.ts';
import { counted, exact } from '../text/format.ts';
import { ownerName, reasonOf } from '../text/owner.ts';

interface EraseOptions extends CommonOptions {
  key?: string[];
  where?: string;
  reason?: string;
  from?: string;
  to?: string;
  dryRun?: boolean;
}

/** @throws WrongUse, InvalidDay */
export function checkErase(options: EraseOptions): void {
  const { key, where, dryRun } = options;
  if ((key === undefined) === (where === undefined)) throw new WrongUse('give --key or --where, one of them');
  checkWanted(options);
  rangeOf(options);
  if (!dryRun) reasonOf(options);
}

function rangeOf({ from, to }: EraseOptions): DayRange {
  return {
    from: from === undefined ? undefined : archivedDay('--from', from),
    to: to === undefined ? undefined : archivedDay('--to', to),
  };
}

/** Takes a subject's rows out of written archives. It works by itself, because a workflow's input would record whose they are. */
export async function erase(config: Config, options: EraseOptions, named: string): Promise<number> {
  const policy = findPolicy(config, named);
  return interruptible(config, options.dryRun, async ({ source, ledger, attempt }) => {
    const job = { source, ledger, policy, attempt };
    const where = options.where ?? (await keyCondition(source, ledger, policy, options.key ?? []));
    const plan = await planErase(job, where, rangeOf(options)).catch((error) => {
      if (error instanceof InvalidFilter) throw new WrongUse(error.message, { cause: error });
      throw error;
    });
    if (options.dryRun || plan.days.length + plan.open.length === 0) return printPlan(options, policy, plan);
    // All or nothing is begun: a day that is refused would leave the rows half erased.
    const refused = plan.days.find((day) => day.refused !== null);
    if (refused) throw new Stopped(`Nothing was erased. ${refused.refused}`);
    const request = { where, who: ownerName(), reason: reasonOf(options) };
    return run(job, plan, request, options);
  });
}

async function run(
  job: Parameters<typeof planErase>[0],
  plan: ErasePlan,
  request: EraseRequest,
  options: EraseOptions,
): Promise<number> {
  const { database, table } = job.policy;
  const days = [...new Set([...plan.open, ...plan.days.map(({ day }) => day)])].sort();
  const erased = [];
  for (const day of days) erased.push({ day, ...(await eraseDay({ ...job, key: { database, table, day } }, request)) });
  const name = formatTableName(job.policy);
  const rows = erased.reduce((sum, each) => sum + each.rows, 0);
  print(options, { table: name, rows, days: erased, daysRead: plan.daysRead }, [
    ...erased.map(({ day, rows: own, supersededRows, parts, versions }) => {
      const replaced = supersededRows > 0 ? `, ${counted(supersededRows, 'row')} that heals had replaced` : '';
      return `${day}  ${counted(own, 'row')} erased${replaced}; ${counted(parts, 'part')} written again and proved, ${counted(versions, 'version')} deleted`;
    }),
    `${counted(rows, 'row')} of ${name} erased from ${counted(days.length, 'day')}; searched again: no object of any version of these days has them.`,
  ]);
  return exitCodes.ok;
}

function printPlan(options: EraseOptions, policy: TablePolicy, plan: ErasePlan): number {
  const table = formatTableName(policy);
  const { days, open, daysRead } = plan;
  const rows = days.reduce((sum, each) => sum + each.rows, 0);
  const refused = days.some((day) => day.refused !== null);
  print(options, { dryRun: options.dryRun === true, table, rows, ...plan }, [
    ...days.map(({ day, rows: own, supersededRows, parts, of, refused: why }) => {
      const replaced = supersededRows > 0 ? `, ${exact(supersededRows)} in what heals have replaced` : '';
      return `${day}  ${counted(own, 'row')}${replaced}: ${parts} of ${counted(of, 'part')} written again${why === null ? '' : `. Refused: ${why}`}`;
    }),
    ...open.map((day) => `${day}  was begun and isn’t done: the same command without --dry-run ends it`),
    `${table}: ${days.length === 0 ? 'no archived row with that' : counted(rows, 'row')}; ${counted(daysRead, 'day')} searched. Nothing was written.`,
  ]);
  return days.length === 0 || refused ? exitCodes.failed : exitCodes.ok;
}
