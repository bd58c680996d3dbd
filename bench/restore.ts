import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { Source } from '../src/job/source.ts';
import { archiveOrders } from './archiveOrders.ts';
import type { Bench } from './bench.ts';
import { createOrders, fillOrders, orders } from './orders.ts';
import { myloaderContestant } from './peers/myloader.ts';
import { runTool } from './program.ts';
import type { Contestant, Measured } from './race.ts';
import { withServerTime } from './serverTime.ts';
import { type Stage, stageConfig } from './stage.ts';

const subject = fileURLToPath(new URL('./subject.ts', import.meta.url));
const table = `${orders.database}.${orders.table}`;
const archive = 'restore';

/** A day brought back and proved, beside LOAD DATA and myloader of the same rows, which prove nothing; and one row found by its key. */
export const restoreBench: Bench = {
  rows: 1_000_000,
  own: ['restore', 'find'],
  ratios: [
    { ours: 'restore', peer: 'load-data', goal: 0.8 },
    { ours: 'restore', peer: 'myloader', goal: 1 },
  ],
  async prepare(stage, rows, tell) {
    await fillOrders(stage.session, rows, (done) => tell(`filling the table: ${done.toLocaleString('en')} rows`));
    await stage.session.execute('SET GLOBAL local_infile = 1');
    const csv = await archiveDay(stage);
    tell(`archived: ${csv.length} bytes of CSV`);
    const timed = (contestant: Contestant): Contestant => ({
      ...contestant,
      run: (run) => withServerTime(stage, () => contestant.run(run)),
    });
    return [
      timed(loadContestant(stage, csv, rows)),
      timed(await myloaderContestant(stage, rows)),
      timed(
        ours(
          stage,
          'restore',
          'the activities: ranged GETs, LOAD DATA by chunks, digests in MySQL, commits',
          (run) => `bench.back_${run}`,
        ),
      ),
      ours(stage, 'find', 'one row by its key: ledger, manifest, chunk indexes, one ranged GET', (run) =>
        String(run * 1_001),
      ),
    ];
  },
};

/** Archives the day, and gives its rows as one file would hold them. */
async function archiveDay(stage: Stage): Promise<Buffer> {
  const source = new Source(stageConfig(stage, { table, timeColumn: orders.timeColumn, run: archive }));
  try {
    return Buffer.concat((await archiveOrders(source, archive)).map((object) => gunzipSync(object)));
  } finally {
    source.close();
  }
}

function loadContestant({ session }: Stage, csv: Buffer, rows: number): Contestant {
  return {
    name: 'load-data',
    work: 'LOAD DATA LOCAL of the rows, unpacked in memory, in one statement; no check at all',
    async run(run) {
      await createOrders(session, `loaded_${run}`);
      const began = performance.now();
      const loaded = await session.load(
        `LOAD DATA LOCAL INFILE 'rows' INTO TABLE bench.loaded_${run} CHARACTER SET utf8mb4 FIELDS TERMINATED BY ','
         OPTIONALLY ENCLOSED BY '"' ESCAPED BY '\\\\' LINES TERMINATED BY '\\n'`,
        csv,
      );
      const seconds = (performance.now() - began) / 1000;
      if (loaded !== rows) throw new Error(`${loaded} of ${rows} rows were loaded`);
      await session.execute(`DROP TABLE bench.loaded_${run}`);
      return { seconds, rows };
    },
  };
}

function ours(stage: Stage, name: 'restore' | 'find', work: string, into: (run: number) => string): Contestant {
  return {
    name,
    work,
    async run(run) {
      const task = { name, run: archive, into: into(run), mysql: { port: stage.mysql.port }, s3: stage.s3 };
      const args = ['--no-warnings', '--import', 'tsx', subject, JSON.stringify(task)];
      return JSON.parse(await runTool(process.execPath, args, stage.signal)) as Measured;
    },
  };
}
