import { fileURLToPath } from 'node:url';
import { orders } from '../orders.ts';
import { runTool } from '../program.ts';
import type { Contestant, Measured } from '../race.ts';
import type { Stage } from '../stage.ts';

const subject = fileURLToPath(new URL('../subject.ts', import.meta.url));

/** Sediment's own work and the raw drain, each run in a process of its own, so that its memory is its own. */
export function ourContestants(stage: Stage): Contestant[] {
  return [
    contestant(stage, 'drain', 'row packets read and dropped: the limit of the wire'),
    contestant(stage, 'transcode', 'rows to CSV in memory, in keyset pages'),
    exportContestant(stage, `${orders.database}.${orders.table}`),
  ];
}

/** The export of a table's one day, as a worker does it. */
export function exportContestant(stage: Stage, table: string): Contestant {
  const work = `the activities: pages, digests in MySQL, gzip, upload, read-back, proof, of ${table}`;
  return contestant(stage, 'export', work, table);
}

function contestant(stage: Stage, name: string, work: string, table?: string): Contestant {
  return {
    name,
    work,
    async run(run) {
      const task = { name, run: `r${run}${name}`, mysql: { port: stage.mysql.port }, s3: stage.s3, table };
      const args = ['--no-warnings', '--import', 'tsx', subject, JSON.stringify(task)];
      return JSON.parse(await runTool(process.execPath, args, stage.signal)) as Measured;
    },
  };
}
