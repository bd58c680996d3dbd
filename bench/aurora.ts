import { setTimeout as wait } from 'node:timers/promises';
import { AuroraFront } from '../stack/aurora/front.ts';
import type { Bench } from './bench.ts';
import { percentile } from './impactReport.ts';
import { type Application, applicationRows, createApplication, startApplication } from './oltp.ts';
import { fillDay, orders } from './orders.ts';
import { outfileContestant } from './peers/clients.ts';
import { exportContestant } from './peers/ours.ts';
import type { Contestant } from './race.ts';
import type { Stage } from './stage.ts';

/** How long the application is watched alone before each run. */
const aloneMillis = 6_000;

/** The aurora engine on the stand-in, beside the stream engine and the server's own writing of a file, and what an application feels of each. */
export const auroraBench: Bench = {
  rows: 1_000_000,
  own: ['aurora', 'export'],
  ratios: [
    { ours: 'aurora', peer: 'export', goal: 0.5 },
    { ours: 'aurora', peer: 'into-outfile', goal: 0.1 },
  ],
  async prepare(stage, rows, tell) {
    tell('filling the tables');
    await createApplication(stage.session);
    await fillDay(stage.session, orders, rows, { logged: true });
    const application = await startApplication(stage, 80);
    const front = await AuroraFront.start(stage.mysql, stage.s3);
    stage.signal.addEventListener('abort', () => void front.close(), { once: true });
    const table = `${orders.database}.${orders.table}`;
    const before: Stage = { ...stage, mysql: { ...stage.mysql, port: front.port } };
    const written = exportContestant(before, table);
    const contestants: Contestant[] = [
      {
        ...written,
        name: 'aurora',
        work: 'the server writes into S3, the worker reads back, gzips, uploads and proves it',
        // The run's name is part of the ledger's and the prefix's.
        run: (run) => written.run(run + 1000),
      },
      exportContestant(stage, table),
      // It writes the whole table, the application's rows too.
      outfileContestant(stage, rows + applicationRows),
    ];
    return contestants.map((each) => watched(each, application));
  },
};

/** Notes the application's p95 while the contestant works, from its process' start on, and right before. */
function watched(contestant: Contestant, application: Application): Contestant {
  const p95 = (from: number, to: number) =>
    percentile(
      application.done.filter(({ at }) => at >= from && at < to),
      0.95,
    ).toFixed(1);
  const run = async (number: number) => {
    const alone = Date.now();
    await wait(aloneMillis);
    const began = Date.now();
    const measured = await contestant.run(number);
    const others = `others' p95 ${p95(began, Date.now())} ms, ${p95(alone, began)} before`;
    return { ...measured, note: measured.note ? `${measured.note}, ${others}` : others };
  };
  return { ...contestant, run };
}
