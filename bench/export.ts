import type { Bench } from './bench.ts';
import { fillOrders } from './orders.ts';
import { archiverContestant, clientContestant, outfileContestant } from './peers/clients.ts';
import { mydumperContestants } from './peers/mydumper.ts';
import { ourContestants } from './peers/ours.ts';
import { pandasContestant } from './peers/pandas.ts';

/** A data frame of more rows than this doesn't fit beside the servers into a common machine's memory. */
const pandasRows = 5_000_000;

/** The export and its proof, beside what else brings a table's rows out of MySQL. */
export const exportBench: Bench = {
  rows: 1_000_000,
  own: ['transcode', 'export'],
  ratios: [
    { ours: 'transcode', peer: 'drain', goal: 0.85 },
    { ours: 'transcode', peer: 'mydumper-plain', goal: 1 },
    { ours: 'export', peer: 'mydumper-proved', goal: 1.3 },
    { ours: 'export', peer: 'mydumper-uploaded', goal: 0.7 },
    { ours: 'export', peer: 'pt-archiver', goal: 30 },
  ],
  async prepare(stage, rows, tell) {
    await fillOrders(stage.session, rows, (done) => tell(`filling the table: ${done.toLocaleString('en')} rows`));
    const contestants = [
      ...ourContestants(stage),
      ...(await mydumperContestants(stage, rows)),
      await clientContestant(stage, rows),
      outfileContestant(stage, rows),
      await archiverContestant(stage, rows),
    ];
    if (rows <= pandasRows) contestants.push(await pandasContestant(stage));
    else tell(`pandas is left out above ${pandasRows.toLocaleString('en')} rows`);
    return contestants;
  },
};
