import { join } from 'node:path';
import { AuroraFront } from './aurora/front.ts';
import { runDemo } from './demo/run.ts';
import { Screen } from './demo/screen.ts';
import { startDemoServers } from './demo/servers.ts';
import { sizeOf } from './demo/size.ts';
import { Workers } from './demo/workers.ts';
import { stackFolder } from './fetch.ts';
import { Servers } from './stack.ts';

/** `npm run demo`. `--keep` leaves the servers up, `--small` takes fewer days and rows, `--aurora` a stand-in for Aurora. */
const args = process.argv.slice(2);
const aurora = args.includes('--aurora');
let front: AuroraFront | undefined;
const keep = args.includes('--keep');
const screen = new Screen(process.stdout);
const folder = join(stackFolder, `demo-${process.pid}`);
const log = join(stackFolder, 'demo-workers.log');
const servers = new Servers(folder);
const workers = new Workers(log);
const interrupted = new Promise<'interrupted'>((resolve) => {
  // Not once: the terminal and the bootstrap both send it, and a second one must not end the clean-up.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve('interrupted'));
  // So does a reader that has seen enough, as head.
  process.stdout.on('error', () => resolve('interrupted'));
});
try {
  screen.say('Sediment archives and purges a bank that goes on writing, on servers of its own.');
  const outcome = await Promise.race([demo(), interrupted]);
  if (outcome !== 'interrupted' && keep) await interrupted;
  if (outcome === 'interrupted' || keep)
    screen.close('\nInterrupted: ends the workers, Temporal, MySQL and S3; the bank goes with them.');
  process.exitCode = outcome === 'interrupted' ? 130 : outcome;
} catch (error) {
  screen.close();
  process.stderr.write(`${error instanceof Error ? error.message : error}\nThe workers' log: ${log}\n`);
  process.exitCode = 1;
} finally {
  await workers.close();
  await front?.close();
  await servers.stop();
  process.exit();
}

async function demo(): Promise<number> {
  const at = await startDemoServers(servers, screen);
  if (aurora) {
    front = await AuroraFront.start(at.mysql, at.s3);
    at.mysql = { ...at.mysql, port: front.port };
    screen.say('Before MySQL is a stand-in for Aurora: the server writes its rows into S3 itself.');
  }
  const balanced = await runDemo(at, { screen, workers, log, folder, size: sizeOf(args), keep });
  return balanced ? 0 : 1;
}
