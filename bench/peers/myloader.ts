import { join } from 'node:path';
import { orders } from '../orders.ts';
import { debianTool, runTool } from '../program.ts';
import type { Contestant } from '../race.ts';
import type { Stage } from '../stage.ts';
import { dumpTable } from './mydumper.ts';

/** myloader, which brings a dump of mydumper's back; the dump is made once and isn't timed. */
export async function myloaderContestant(stage: Stage, rows: number): Promise<Contestant> {
  const folder = join(stage.folder, 'dump');
  await stage.session.execute("SET GLOBAL explain_format = 'TRADITIONAL'");
  await dumpTable(stage, await debianTool('mydumper', 'mydumper', 'usr/bin/mydumper'), folder, ['--compress']);
  const tool = await debianTool('mydumper', 'mydumper', 'usr/bin/myloader');
  return {
    name: 'myloader',
    work: 'INSERTs of a gzip dump from the local disk, 2 threads; no check at all',
    async run(run) {
      const database = `loaded_${run}`;
      const server = ['--host=127.0.0.1', `--port=${stage.mysql.port}`, '--user=root', `--database=${database}`];
      const began = performance.now();
      await runTool(
        tool.command,
        [...tool.args, ...server, '--threads=2', `--directory=${folder}`],
        stage.signal,
        tool.environment,
      );
      const seconds = (performance.now() - began) / 1000;
      const [found] = await stage.session.rows(`SELECT COUNT(*) AS number FROM ${database}.${orders.table}`);
      if (Number(found?.number) !== rows) throw new Error(`myloader loaded ${found?.number} of ${rows} rows`);
      await stage.session.execute(`DROP DATABASE ${database}`);
      return { seconds, rows };
    },
  };
}
