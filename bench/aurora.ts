import { AuroraFront } from '../stack/aurora/front.ts';
import type { Bench } from './bench.ts';
import { fillOrders, orders } from './orders.ts';
import { outfileContestant } from './peers/clients.ts';
import { exportContestant } from './peers/ours.ts';
import type { Stage } from './stage.ts';

/** The aurora engine on the stand-in, beside the stream engine and the server's own writing of a file. */
export const auroraBench: Bench = {
  rows: 1_000_000,
  own: ['aurora', 'export'],
  ratios: [
    { ours: 'aurora', peer: 'export', goal: 0.5 },
    { ours: 'aurora', peer: 'into-outfile', goal: 0.1 },
  ],
  async prepare(stage, rows, tell) {
    await fillOrders(stage.session, rows, (done) => tell(`filling the table: ${done.toLocaleString('en')} rows`));
    const front = await AuroraFront.start(stage.mysql, stage.s3);
    stage.signal.addEventListener('abort', () => void front.close(), { once: true });
    const table = `${orders.database}.${orders.table}`;
    const before: Stage = { ...stage, mysql: { ...stage.mysql, port: front.port } };
    const written = exportContestant(before, table);
    return [
      {
        ...written,
        name: 'aurora',
        work: 'the server writes into S3, the worker reads back, gzips, uploads and proves it',
        // The run's name is part of the ledger's and the prefix's.
        run: (run) => written.run(run + 1000),
      },
      exportContestant(stage, table),
      outfileContestant(stage, rows),
    ];
  },
};
