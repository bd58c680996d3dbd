import { fileURLToPath } from 'node:url';
import { orders } from '../orders.ts';
import { runTool } from '../program.ts';
import type { Contestant, Measured } from '../race.ts';
import type { Stage } from '../stage.ts';

const subject = fileURLToPath(new URL('../subject.ts', import.meta.url));

/** Sediment's own work and the raw drain, each run in a process of its own, so that its memory is its own. */
export function ourContestants(stage: Stage): Contestant[] {
  const contestant = (name: string, work: string): Contestant => ({
    name,
    work,
    async run(run) {
      const task = { name, run: `r${run}${name}`, mysql: { port: stage.mysql.port }, s3: stage.s3 };
      const args = ['--no-warnings', '--import', 'tsx', subject, JSON.stringify(task)];
      return JSON.parse(await runTool(process.execPath, args, stage.signal)) as Measured;
    },
  });
  return [
    contestant('drain', 'row packets read and dropped: the limit of the wire'),
    contestant('transcode', 'rows to CSV in memory, in keyset pages'),
    contestant(
      'export',
      `the activities: pages, digests in MySQL, gzip, upload, read-back, proof, of ${orders.database}.${orders.table}`,
    ),
  ];
}
