import { setTimeout as wait } from 'node:timers/promises';
import { purgeSlice } from '../src/activities/purgeSlice.ts';
import type { Config } from '../src/config/load.ts';
import { Source } from '../src/job/source.ts';
import type { Study } from './bench.ts';
import { settled } from './day.ts';
import { type Interval, type Phase, type Rates, summarize } from './impactReport.ts';
import { watchLag } from './lagWatch.ts';
import { createApplication, startApplication } from './oltp.ts';
import { fillDay, orders } from './orders.ts';
import { bulkArchiver, runSubject } from './peers/purgers.ts';
import { runTool } from './program.ts';
import { type Replica, startReplica } from './replica.ts';
import { type Stage, stageConfig } from './stage.ts';

/** How long the application runs alone. */
const quietMillis = 8_000;
/** As a backlog goes: one day alone is spread over the time until the next under the default, `steady`. */
const policy = 'chunkRows: 4000, pace: asap';
const atFull = 'chunkRows: 4000, pace: full';

/** What an application and a replica feel of a purge under the governor, and at full pace, and of pt-archiver in bulk. */
export const impactBench: Study = {
  rows: 200_000,
  async study(stage, rows, runs, tell) {
    const replica = await startReplica(stage);
    try {
      return await study({ stage, replica }, rows, runs, tell);
    } finally {
      await replica.stop();
    }
  },
};

async function study(
  { stage, replica }: { stage: Stage; replica: Replica },
  rows: number,
  runs: number,
  tell: (line: string) => void,
): ReturnType<Study['study']> {
  tell('filling the tables');
  await createApplication(stage.session);
  const refill = async () => {
    await fillDay(stage.session, orders, rows, { logged: true });
    await replica.caughtUp();
    await settled(stage.session);
  };
  const archiver = await bulkArchiver(stage, orders.table);
  const application = await startApplication(stage, 80);
  const lag = watchLag(configOf(stage, replica, 'watch'));
  const intervals: Interval[] = [];
  /** Where a process is started for it, the last so many milliseconds count. */
  const during = async (phase: Phase, work: () => Promise<number | undefined>) => {
    lag.begin(phase);
    const began = Date.now();
    const millis = await work();
    const to = Date.now();
    intervals.push({ phase, from: millis === undefined ? began : to - millis, to });
    lag.begin('');
  };
  const quiet = () => wait(quietMillis, undefined);
  const rates: Rates = { purge: [], export: [], full: [] };
  let memoryMB = 0;
  let whenStopped = '';
  for (let run = 1; run <= runs; run++) {
    tell(`round ${run} of ${runs}`);
    const task = { table: orders.table, run: `impact${run}`, policy, replicas: [replica.mysql.port] };
    await refill();
    await settled(stage.session);
    await during('before export', quiet);
    await during('export', async () => {
      const measured = await runSubject(stage, { name: 'archive', ...task });
      rates.export.push(measured.rows / measured.seconds);
      return measured.seconds * 1000;
    });
    whenStopped ||= await whileStopped(replica, configOf(stage, replica, task.run));
    await settled(stage.session);
    await during('before', quiet);
    await during('purge', async () => {
      const measured = await runSubject(stage, { name: 'purge', ...task });
      memoryMB = Math.max(memoryMB, measured.memoryMB ?? 0);
      tell(`purged ${measured.rows.toLocaleString('en')} rows in ${measured.seconds.toFixed(1)} s`);
      tell(`what others took while it worked and while it rested, ms: ${measured.note ?? ''}`);
      rates.purge.push(measured.rows / measured.seconds);
      return measured.seconds * 1000;
    });
    const full = { ...task, run: `full${run}`, policy: atFull };
    await refill();
    await runSubject(stage, { name: 'archive', ...full });
    await settled(stage.session);
    await during('before full', quiet);
    await during('full', async () => {
      const measured = await runSubject(stage, { name: 'purge', ...full });
      rates.full.push(measured.rows / measured.seconds);
      return measured.seconds * 1000;
    });
    await refill();
    await during('between', quiet);
    await during('pt-archiver', async () => {
      await runTool(archiver.command, archiver.args, stage.signal, archiver.environment);
      return undefined;
    });
    await replica.caughtUp();
    await settled(stage.session);
    await during('after', quiet);
  }
  application.stop();
  lag.close();
  return summarize({ rows, memoryMB, whenStopped, intervals, transactions: application.done, lag: lag.worst, rates });
}

function configOf(stage: Stage, replica: Replica, run: string): Config {
  const table = `${orders.database}.${orders.table}`;
  const { timeColumn } = orders;
  const replicas = [replica.mysql.port];
  return stageConfig(stage, { table, timeColumn, run, policy: `purge: enabled, ${policy}`, replicas });
}

/** Stops the replica, and asks for a slice. @returns what the purge says that it waits for @throws if it doesn't wait */
async function whileStopped(replica: Replica, config: Config): Promise<string> {
  await replica.session.execute('STOP REPLICA SQL_THREAD');
  const source = new Source(config);
  const waits = new AbortController();
  let reason = '';
  const heartbeat = ({ held = '' }: Record<string, string | number>) => {
    reason ||= String(held);
    if (reason) waits.abort();
  };
  try {
    const input = { table: `${orders.database}.${orders.table}`, cutoff: '2026-01-06', forMillis: 60_000 };
    const slice = await purgeSlice(source, input, { heartbeat, signal: waits.signal });
    if (!reason || slice.deleted > 0) throw new Error(`the purge deleted ${slice.deleted} rows past a stopped replica`);
    return reason;
  } finally {
    source.close();
    await replica.session.execute('START REPLICA SQL_THREAD');
    await replica.caughtUp();
  }
}
