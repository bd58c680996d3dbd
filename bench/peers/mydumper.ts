import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ObjectStore } from '../../src/s3/store.ts';
import { type DebianTool, debianTool, runTool } from '../program.ts';
import type { Contestant } from '../race.ts';
import { bucket, type Stage } from '../stage.ts';
import { proveDump } from './dumpProof.ts';

/** mydumper 0.10 finds its chunks by EXPLAIN's columns, which MySQL 9 prints as a tree by default. */
export async function mydumperContestants(stage: Stage, rows: number): Promise<Contestant[]> {
  const tool = await debianTool('mydumper', 'mydumper', 'usr/bin/mydumper');
  await stage.session.execute("SET GLOBAL explain_format = 'TRADITIONAL'");
  const timed = (name: string, work: string, dump: (folder: string) => Promise<unknown>): Contestant => ({
    name,
    work,
    async run(run) {
      const folder = join(stage.folder, `${name}-${run}`);
      const began = performance.now();
      await dump(folder);
      const seconds = (performance.now() - began) / 1000;
      rmSync(folder, { recursive: true });
      return { seconds, rows };
    },
  });
  return [
    timed('mydumper-plain', 'INSERT statements into local files, 2 threads', (folder) =>
      dumpTable(stage, tool, folder, []),
    ),
    timed('mydumper-uploaded', 'gzip files, then uploaded to S3; no check at all', async (folder) => {
      await dumpTable(stage, tool, folder, ['--compress']);
      await upload(stage, folder);
    }),
    timed(
      'mydumper-proved',
      'equal work: gzip, uploaded, downloaded, unpacked, compared block by block with a digest in MySQL',
      async (folder) => {
        await dumpTable(stage, tool, folder, ['--compress']);
        await proveDump(stage, await upload(stage, folder), rows);
      },
    ),
  ];
}

export async function dumpTable(
  stage: Stage,
  tool: DebianTool,
  folder: string,
  flags: readonly string[],
): Promise<void> {
  mkdirSync(folder);
  const server = ['--host=127.0.0.1', `--port=${stage.mysql.port}`, '--user=root', '--database=bench'];
  const how = ['--threads=2', '--rows=250000', '--trx-consistency-only', `--outputdir=${folder}`, ...flags];
  await runTool(tool.command, [...tool.args, ...server, ...how], stage.signal, tool.environment);
}

/** Uploads the data files and gives their keys. */
async function upload(stage: Stage, folder: string): Promise<string[]> {
  const store = new ObjectStore({ bucket, region: stage.s3.region, endpoint: stage.s3.endpoint, forcePathStyle: true });
  const names = readdirSync(folder).filter((name) => /^bench\.orders(\.\d+)?\.sql\.gz$/.test(name));
  const keys = names.map((name) => `${folder.split('/').at(-1)}/${name}`);
  for (const [index, name] of names.entries())
    await store.putNew(keys[index] ?? name, readFileSync(join(folder, name)), 'application/gzip');
  store.close();
  return keys;
}
