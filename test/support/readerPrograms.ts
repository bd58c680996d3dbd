import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Trino } from '../../stack/readers.ts';
import { clickhouseJob, pyarrowJob, type ReaderJob, serdeJob, sparkJob, trinoJob } from './readerJobs.ts';
import type { SceneFiles } from './sceneFiles.ts';

/** What a reader saw of a scene, or why it saw nothing. */
export type Answer = { rows: unknown[][] } | { error: string };

/** A reader of the tests. */
export interface Reader {
  name: string;
  /** What it can't be asked, and why. */
  leavesOut(scene: SceneFiles): string | undefined;
  read(scenes: readonly SceneFiles[], where: { root: string; packages: string }): Promise<Answer[]> | Answer[];
}

const runner = fileURLToPath(new URL('../readers/run.py', import.meta.url));

type PythonJob = ReaderJob | ReturnType<typeof pyarrowJob>;

/** Runs jobs in one process of Python: Spark takes some seconds to start. */
function byPython(reader: string, jobs: readonly PythonJob[], packages: string): Answer[] {
  const folder = mkdtempSync(join(tmpdir(), 'sediment-reader-'));
  const results = join(folder, 'results.json');
  writeFileSync(join(folder, 'jobs.json'), JSON.stringify(jobs));
  execFileSync('python3', [runner, reader, join(folder, 'jobs.json'), results, join(folder, 'warehouse')], {
    env: { ...process.env, PYTHONPATH: packages, SPARK_HOME: join(packages, 'pyspark'), SPARK_LOCAL_IP: '127.0.0.1' },
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 1 << 28,
  });
  return JSON.parse(readFileSync(results, 'utf8')) as Answer[];
}

/** Spark asks for a whole Java runtime, of 17 or later. */
export function hasJava(): boolean {
  return spawnSync('java', ['--version'], { encoding: 'utf8' }).stdout?.match(/\d+/)?.[0] !== undefined;
}

const nothing = () => undefined;

export const readers: Reader[] = [
  {
    name: 'ClickHouse (chdb)',
    leavesOut: nothing,
    read: (scenes, { packages }) => byPython('clickhouse', scenes.map(clickhouseJob), packages),
  },
  {
    name: 'pyarrow',
    leavesOut: nothing,
    read: (scenes, { packages }) => byPython('pyarrow', scenes.map(pyarrowJob), packages),
  },
  {
    name: 'Spark',
    leavesOut: nothing,
    read: (scenes, { packages }) => byPython('spark', scenes.map(sparkJob), packages),
  },
  {
    name: 'Hive’s OpenCSVSerde (in Spark)',
    leavesOut({ shape }) {
      if (shape.layout === 'plain') return 'MSCK REPAIR finds no partitions in this layout';
      return shape.keepsBoth ? 'the newest of a key is Athena’s and Spark’s view, not the serde’s' : undefined;
    },
    read: (scenes, { packages }) => byPython('spark', scenes.map(serdeJob), packages),
  },
  {
    name: 'Trino',
    leavesOut: nothing,
    async read(scenes, { root, packages }) {
      const trino = await Trino.start(root, packages);
      try {
        const answers: Answer[] = [];
        for (const [number, scene] of scenes.entries())
          answers.push(await answered(trino, trinoJob(scene, number, root)));
        return answers;
      } finally {
        await trino.stop();
      }
    },
  },
];

async function answered(trino: Trino, { statements, query }: ReaderJob): Promise<Answer> {
  try {
    for (const statement of statements) await trino.run(statement);
    return { rows: await trino.run(query) };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}
