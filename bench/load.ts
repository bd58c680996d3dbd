import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { isQuiet, quietUntil } from '../src/pacing/quiet.ts';
import { stackFolder } from '../stack/fetch.ts';
import type { Study } from './bench.ts';
import { settled } from './day.ts';
import { percentile } from './impactReport.ts';
import { plot, type Second, type Stretch } from './loadPlot.ts';
import type { LoadTask } from './loadSubject.ts';
import { type Application, createApplication, startApplication, type Transaction } from './oltp.ts';
import { createOrders, fillDay, orders } from './orders.ts';
import { median } from './race.ts';
import { startReplica } from './replica.ts';
import type { Report } from './report.ts';
import type { Stage } from './stage.ts';

const subject = fileURLToPath(new URL('./loadSubject.ts', import.meta.url));
/** Of the further tables, which two workers purge at once. */
const others = ['one', 'two', 'three', 'four'];
const policy = 'chunkRows: 4000, pace: asap';
/** In seconds: a load with a purge and without, in turn, and each load of the step. */
const lengths = { alone: 12, purged: 40, step: 40 };
/** How often a load is measured with a purge and without: the application alone differs from minute to minute too. */
const rounds = 2;
/** A worker's start takes so long, in milliseconds; what follows is measured. */
const startMillis = 3_000;

/** A transaction of a purge. */
interface Purged {
  at: number;
  rows: number;
  millis: number;
}

/** How many times as long others take while a worker works, as it measures it by each of its two ways; NaN until it can. */
interface Measured {
  at: number;
  canary: number;
  statements: number;
}

/** What the workers of a run have told. */
interface Told {
  purged: Purged[];
  measured: Measured[];
}

interface Phase {
  name: string;
  from: number;
  to: number;
  /** The phase without a purge under the same load. */
  base: string | undefined;
}

/**
 * What a purge costs the application under half of its load and all of it, and what four tables by two workers do, which
 * share one budget: each in turn with the same load without a purge. And how a purge follows a step of the load.
 */
export const loadBench: Study = {
  rows: 1_000_000,
  async study(stage, rows, _runs, tell) {
    const replica = await startReplica(stage);
    try {
      const tables = await fill(stage, rows, tell);
      const task = { tables, policy, replica: replica.mysql.port, mysql: { port: stage.mysql.port }, s3: stage.s3 };
      tell('archiving them');
      await worker(stage, { name: 'archive', own: tables, ...task, policy: 'chunkRows: 4000, pace: full' }).end;
      await replica.caughtUp();
      await settled(stage.session);
      return await watch(stage, { name: 'purge', own: [], ...task }, rows, tell);
    } finally {
      await replica.stop();
    }
  },
};

async function fill(stage: Stage, rows: number, tell: (line: string) => void): Promise<string[]> {
  await createApplication(stage.session);
  for (const table of others) await createOrders(stage.session, table);
  for (const table of ['orders', ...others]) {
    tell(`filling ${table}`);
    const share = table === 'orders' ? rows : Math.ceil(rows / others.length);
    await fillDay(stage.session, { table, day: orders.day }, share, { logged: true });
  }
  return ['orders', ...others].map((table) => `bench.${table}`);
}

/** A worker in a process of its own: each transaction as it ends, and a way to end it. */
function worker(
  stage: Stage,
  task: LoadTask,
  { purged, measured }: Told = { purged: [], measured: [] },
): { end: Promise<void>; stop(): Promise<void> } {
  const args = ['--no-warnings', '--import', 'tsx', subject, JSON.stringify(task)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  stage.signal.addEventListener('abort', () => child.kill('SIGKILL'), { once: true });
  createInterface({ input: child.stdout }).on('line', (line) => {
    const [at = Number.NaN, rows = 0, millis = 0] = line.replace('felt ', '').split(' ').map(Number);
    if (line.startsWith('felt')) measured.push({ at, canary: rows, statements: millis });
    else purged.push({ at, rows, millis });
  });
  const end = new Promise<void>((resolve, reject) =>
    child.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`a ${task.name} ended with ${code}`)))),
  );
  const stop = () => {
    child.kill('SIGTERM');
    return end;
  };
  return { end, stop };
}

async function watch(
  stage: Stage,
  task: LoadTask,
  rows: number,
  tell: (line: string) => void,
): Promise<{ report: Report; text: string }> {
  const application = () => startApplication(stage, 160);
  const phases: Phase[] = [];
  const told: Told = { purged: [], measured: [] };
  const phase = async (name: string, seconds: number, base?: string) => {
    tell(name);
    const from = Date.now();
    await wait(seconds * 1000);
    phases.push({ name, from, to: Date.now(), base });
  };
  const compare = async (name: string, load: string, shares: readonly string[][]) => {
    const alone = `${load}, alone`;
    for (let round = 0; round < rounds; round++) {
      await phase(alone, lengths.alone);
      const workers = shares.map((own) => worker(stage, { ...task, own }, told));
      await wait(startMillis);
      await phase(name, lengths.purged, alone);
      await Promise.all(workers.map((each) => each.stop()));
    }
    await phase(alone, lengths.alone);
  };
  const first = await application();
  // Its first seconds fill its caches.
  await wait(4_000);
  await compare('half the load', 'half the load', [['bench.orders']]);
  const one = worker(stage, { ...task, own: ['bench.orders'] }, told);
  await wait(startMillis);
  await phase('step: half the load', lengths.step);
  const second = await application();
  await phase('step: the whole load', lengths.step);
  second.stop();
  await phase('step: half the load again', lengths.step);
  await one.stop();
  const third = await application();
  await wait(2_000);
  await compare('the whole load', 'the whole load', [['bench.orders']]);
  const [left = '', right = '', ...rest] = others.map((table) => `bench.${table}`);
  await compare('four tables, two workers', 'the whole load', [[left, right], rest]);
  for (const each of [first, third]) each.stop();
  return summarize({ rows, phases, told, applications: [first, second, third] });
}

function secondsOf(spans: readonly { from: number; to: number }[]): number {
  return spans.reduce((sum, { from, to }) => sum + to - from, 0) / 1000;
}

function summarize({
  rows,
  phases,
  told: { purged, measured },
  applications,
}: {
  rows: number;
  phases: readonly Phase[];
  told: Told;
  applications: readonly Application[];
}): { report: Report; text: string } {
  const transactions = applications.flatMap(({ done }) => done);
  const within = <Item extends { at: number }>(
    items: readonly Item[],
    spans: readonly { from: number; to: number }[],
  ) => items.filter(({ at }) => spans.some(({ from, to }) => at >= from && at < to));
  const rate = (spans: readonly { from: number; to: number }[]) => {
    return within(purged, spans).reduce((sum, each) => sum + each.rows, 0) / secondsOf(spans);
  };
  const spansOf = (name: string) => phases.filter((each) => each.name === name);
  const p = (name: string, share: number) => percentile(within(transactions, spansOf(name)), share);
  const ratios: Record<string, number> = {};
  const ours: Record<string, number> = {};
  const lines: string[] = [];
  const details: string[] = [];
  for (const name of new Set(phases.map((each) => each.name))) {
    const spans = spansOf(name);
    const base = spans[0]?.base;
    const [p95, p99] = [p(name, 0.95), p(name, 0.99)];
    let line = `${name.padEnd(26)}p95 ${p95.toFixed(1).padStart(7)} ms   p99 ${p99.toFixed(1).padStart(7)} ms`;
    if (!name.endsWith('alone')) {
      ours[name] = Math.round(rate(spans));
      line += `   ${String(ours[name]).padStart(6)} rows/s`;
    }
    if (base !== undefined) {
      ratios[`${name}/alone`] = Number((p95 / p(base, 0.95)).toFixed(2));
      ratios[`${name}/alone, p99`] = Number((p99 / p(base, 0.99)).toFixed(2));
      line += `   p95 ${ratios[`${name}/alone`]} and p99 ${ratios[`${name}/alone, p99`]} times alone`;
      const quiet = compareWithQuiet(within(transactions, spans), within(purged, spans), secondsOf(spans));
      ratios[`${name}/its quiet moments`] = quiet.p95;
      const measures = within(measured, spans);
      const known = (key: 'canary' | 'statements') => {
        const values = measures.map((each) => each[key]).filter(Number.isFinite);
        return values.length > 0 ? median(values).toFixed(2) : '?';
      };
      details.push(
        `${name}: p95 ${quiet.p95} and mean ${quiet.mean} times its own quiet moments, working ${quiet.share} % of the time; ` +
          `${quiet.atWork} times at work by that mean, ${known('statements')} by statements, ${known('canary')} by the canary`,
      );
    }
    lines.push(line);
  }
  const step = phases.filter(({ name }) => name.startsWith('step'));
  const began = step[0]?.from ?? 0;
  const length = Math.floor(((step.at(-1)?.to ?? 0) - began) / 1000);
  const seconds: Second[] = Array.from({ length }, (_, second) => {
    const at = began + second * 1000;
    const around = within(transactions, [{ from: at - 2_000, to: at + 3_000 }]);
    return { rowsPerSecond: rate([{ from: at - 2_000, to: at + 3_000 }]), p95Millis: percentile(around, 0.95) };
  });
  const stretches: Stretch[] = step.map(({ name, from, to }) => {
    return { name, from: (from - began) / 1000, to: (to - began) / 1000 };
  });
  mkdirSync(stackFolder, { recursive: true });
  const file = join(stackFolder, 'load.svg');
  writeFileSync(file, plot(seconds, stretches));
  return {
    report: { bench: 'load', rows, ours, peers: {}, ratios, memoryMB: 0 },
    text: [...lines, '', ...details, '', `rate and p95 over time: ${file}`].join('\n'),
  };
}

/**
 * The application while all works rest together, which is each twelve seconds, beside all of the time else: both are of
 * the same minutes, so that what else the machine does counts in both.
 */
function compareWithQuiet(done: readonly Transaction[], purged: readonly Purged[], seconds: number) {
  const quiet = done.filter(({ at }) => isQuiet(at));
  const others = done.filter(({ at }) => quietUntil(at) === undefined);
  const meanOf = (items: readonly Transaction[]) => items.reduce((sum, { millis }) => sum + millis, 0) / items.length;
  const p95 = percentile(others, 0.95) / percentile(quiet, 0.95);
  const mean = meanOf(others) / meanOf(quiet);
  const share = purged.reduce((sum, { millis }) => sum + millis, 0) / 1000 / seconds;
  const rounded = (value: number) => Number(value.toFixed(2));
  const atWork = rounded(1 + (mean - 1) / share);
  return { p95: rounded(p95), mean: rounded(mean), share: rounded(100 * share), atWork };
}
