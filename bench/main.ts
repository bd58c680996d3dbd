import { parseArgs } from 'node:util';
import { auroraBench } from './aurora.ts';
import type { Bench, Study, Survey } from './bench.ts';
import { exportBench } from './export.ts';
import { impactBench } from './impact.ts';
import { loadBench } from './load.ts';
import { purgeBench } from './purge.ts';
import { race } from './race.ts';
import { auditBench, eraseBench, findBench } from './readBack.ts';
import { makeReport, renderReport } from './report.ts';
import { restoreBench } from './restore.ts';
import { scaleBench } from './scale.ts';
import { openStage } from './stage.ts';
import { startupBench } from './startup.ts';
import { wideBench } from './wide.ts';

const benches: Record<string, Bench | Study | Survey> = {
  export: exportBench,
  aurora: auroraBench,
  wide: wideBench,
  purge: purgeBench,
  restore: restoreBench,
  find: findBench,
  audit: auditBench,
  erase: eraseBench,
  impact: impactBench,
  load: loadBench,
  scale: scaleBench,
  startup: startupBench,
};

const usage = `usage: npm run bench -- ${Object.keys(benches).join('|')} [--rows N] [--runs 3] [--only NAME,NAME] [--json]\n`;

/** Undefined where an option isn't known. */
function readArguments() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        rows: { type: 'string' },
        runs: { type: 'string', default: '3' },
        only: { type: 'string' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
  } catch {
    return undefined;
  }
}

async function main(): Promise<number> {
  const parsed = readArguments();
  if (!parsed || parsed.values.help) {
    (parsed ? process.stdout : process.stderr).write(usage);
    return parsed ? 0 : 2;
  }
  const { values, positionals } = parsed;
  const name = positionals[0] ?? '';
  const bench = benches[name];
  const rows = Number(values.rows ?? bench?.rows);
  const runs = Number(values.runs);
  if (!bench || positionals.length !== 1 || !(rows >= 1) || !(runs >= 1)) {
    process.stderr.write(usage);
    return 2;
  }
  const tell = (line: string) => process.stderr.write(`bench ${name}: ${line}\n`);
  if ('survey' in bench) {
    const { report, text, missed } = await bench.survey(rows, values.only?.split(','), tell);
    process.stdout.write(`${values.json ? JSON.stringify(report) : text}\n`);
    return missed.length > 0 ? 1 : 0;
  }
  // Heard while the servers start, too: these outlive the signal, and their folder would stay.
  const interruption = new AbortController();
  const interrupted = new Promise<number>((resolve) => {
    interruption.signal.addEventListener('abort', () => resolve(130));
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => interruption.abort());
  const stage = await openStage();
  const work = async () => {
    if ('study' in bench) {
      const { report, text } = await bench.study(stage, rows, runs, tell);
      process.stdout.write(`${values.json ? JSON.stringify(report) : text}\n`);
      return 0;
    }
    const all = await bench.prepare(stage, rows, tell);
    const wanted = values.only?.split(',');
    const contestants = wanted ? all.filter((contestant) => wanted.includes(contestant.name)) : all;
    const results = await race(contestants, runs, tell);
    const taking = new Set(results.map((result) => result.name));
    const ratios = bench.ratios.filter(({ ours, peer }) => taking.has(ours) && taking.has(peer));
    const own = bench.own.filter((each) => taking.has(each));
    const report = makeReport(name, rows, results, { own, ratios });
    process.stdout.write(`${values.json ? JSON.stringify(report) : renderReport(report, results, ratios)}\n`);
    return 0;
  };
  try {
    return await Promise.race(interruption.signal.aborted ? [interrupted] : [work(), interrupted]);
  } finally {
    stage.interrupt();
    await stage.stop();
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : error}\n`);
  process.exitCode = 1;
}
process.exit();
