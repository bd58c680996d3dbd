import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { refillDay, settled } from '../day.ts';
import { orders } from '../orders.ts';
import { debianTool, runTool } from '../program.ts';
import type { PurgeTask } from '../purgeSubject.ts';
import type { Contestant, Measured } from '../race.ts';
import { withServerTime } from '../serverTime.ts';
import type { Stage } from '../stage.ts';

const subject = fileURLToPath(new URL('../purgeSubject.ts', import.meta.url));
const dayPredicate = `created_at >= '${orders.day}' AND created_at < '2026-01-06'`;

/** What waits for a quiet server is off: the machine's other work would be measured. */
export const unthrottled = 'throttle: { threadsRunning: off, historyLength: off }';

/** Sediment's purge of the day, archived before by another process, in a process of its own. */
export function ourPurge(
  stage: Stage,
  { name, work }: { name: string; work: string },
  { table, rows, policy }: { table: string; rows: number; policy: string },
): Contestant {
  return {
    name,
    work,
    async run(run) {
      await refillDay(stage, table, rows);
      const task = { table, run: `r${run}_${name.replaceAll('-', '_')}`, policy };
      await runSubject(stage, { name: 'archive', ...task });
      await settled(stage.session);
      return withServerTime(stage, () => runSubject(stage, { name: 'purge', ...task }));
    },
  };
}

export async function runSubject(stage: Stage, task: Omit<PurgeTask, 'mysql' | 's3'>): Promise<Measured> {
  const whole: PurgeTask = { ...task, mysql: { port: stage.mysql.port }, s3: stage.s3 };
  const args = ['--no-warnings', '--import', 'tsx', subject, JSON.stringify(whole)];
  return JSON.parse(await runTool(process.execPath, args, stage.signal)) as Measured;
}

/** The words of a pt-archiver that deletes the day in bulk. */
export async function bulkArchiver(
  stage: Stage,
  table: string,
): Promise<{ command: string; args: string[]; environment: Record<string, string> }> {
  const tool = await debianTool('percona-toolkit', 'percona-toolkit', 'usr/bin/perl');
  const script = join(tool.args.at(-1) ?? '', '../pt-archiver');
  const source = `h=127.0.0.1,P=${stage.mysql.port},u=root,D=${orders.database},t=${table},i=by_time`;
  const how = ['--purge', '--bulk-delete', '--limit', '5000', '--commit-each', '--no-check-charset'];
  const args = [...tool.args, script, '--source', source, '--where', dayPredicate, ...how];
  return { command: tool.command, args, environment: tool.environment };
}

/** pt-archiver in bulk, by the same index. Its own start, as a run over an empty day shows it, isn't counted. */
export async function bulkArchiverContestant(stage: Stage, table: string, rows: number): Promise<Contestant> {
  const { command, args, environment } = await bulkArchiver(stage, table);
  const timed = async () => {
    const began = performance.now();
    await runTool(command, args, stage.signal, environment);
    return (performance.now() - began) / 1000;
  };
  return {
    name: 'pt-archiver-bulk',
    work: '--purge --bulk-delete --limit 5000 --commit-each --no-check-charset, by the same index, start not counted',
    async run() {
      const start = await timed();
      await refillDay(stage, table, rows);
      const measured = await withServerTime(stage, async () => ({ seconds: (await timed()) - start, rows }));
      await requireGone(stage, table);
      return measured;
    },
  };
}

/** One statement, one transaction: no proof, and no pause for others. */
export function plainDelete(stage: Stage, table: string, rows: number): Contestant {
  return {
    name: 'delete',
    work: 'one unbounded DELETE of the same rows, by the same index',
    async run() {
      await refillDay(stage, table, rows);
      await stage.session.execute(`USE ${orders.database}`);
      return withServerTime(stage, async () => {
        const began = performance.now();
        const deleted = await stage.session.execute(
          `DELETE FROM gone USING ${table} AS gone FORCE INDEX (by_time) WHERE ${dayPredicate}`,
        );
        return { seconds: (performance.now() - began) / 1000, rows: deleted };
      });
    },
  };
}

async function requireGone({ session }: Stage, table: string): Promise<void> {
  const [row] = await session.rows(`SELECT COUNT(*) AS n FROM ${orders.database}.${table} WHERE ${dayPredicate}`);
  if (Number(row?.n) !== 0) throw new Error(`${table} still holds ${row?.n} rows of the day`);
}
