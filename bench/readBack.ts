import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { DuckDBInstance } from '@duckdb/node-api';
import { Source } from '../src/job/source.ts';
import { archiveOrders } from './archiveOrders.ts';
import type { Bench } from './bench.ts';
import { fillOrders, orders } from './orders.ts';
import { runTool } from './program.ts';
import type { Contestant, Measured } from './race.ts';
import { type Stage, stageConfig } from './stage.ts';

const subject = fileURLToPath(new URL('./subject.ts', import.meta.url));
const table = `${orders.database}.${orders.table}`;

/** One row of a day by its key, beside DuckDB's scan of the same objects; rates are rows of the day per second. */
export const findBench: Bench = {
  rows: 1_000_000,
  own: ['find'],
  ratios: [{ ours: 'find', peer: 'duckdb', goal: 50 }],
  async prepare(stage, rows, tell) {
    const parts = await archived(stage, 'find', rows, tell);
    const files = parts.map((bytes, index) => {
      const file = join(stage.folder, `part-${index}.csv.gz`);
      writeFileSync(file, bytes);
      return file;
    });
    return [
      ours(stage, 'find', 'one row by its key: ledger, manifest, chunk indexes, one ranged GET', {
        into: keyOf,
        rows: () => rows,
      }),
      {
        name: 'duckdb',
        work: 'the same row by a scan of the same objects, from local files',
        run: async (run) => ({ seconds: await scan(files, keyOf(run)), rows }),
      },
    ];
  },
};

/** A day read back and proved, beside what an audit would take that unpacks what it reads. */
export const auditBench: Bench = {
  rows: 1_000_000,
  own: ['audit'],
  ratios: [{ ours: 'audit', peer: 'gunzip', goal: 1 }],
  async prepare(stage, rows, tell) {
    const parts = await archived(stage, 'audit', rows, tell);
    return [
      ours(stage, 'audit', 'every object of the day read back, its bytes hashed, its index and digest compared', {}),
      {
        name: 'gunzip',
        work: 'the same bytes out of memory, unpacked and hashed whole, on one core',
        async run() {
          const began = performance.now();
          for (const bytes of parts) createHash('sha256').update(gunzipSync(bytes)).digest('hex');
          const seconds = (performance.now() - began) / 1000;
          return { seconds, rows, note: speed(bytesOf(parts), seconds) };
        },
      },
    ];
  },
};

/** One row taken out of a day's archive: searched, its part written again, proved, published, and searched again. */
export const eraseBench: Bench = {
  rows: 1_000_000,
  own: ['erase'],
  ratios: [],
  async prepare(stage, rows, tell) {
    await archived(stage, 'erase', rows, tell);
    const erase = ours(stage, 'erase', 'one row out of the day, all versions; rows are those of the day', {
      into: keyOf,
      rows: () => rows,
    });
    return [
      {
        ...erase,
        async run(run) {
          // The table may have the row no more: it would be archived again.
          await stage.session.execute(`DELETE FROM ${table} WHERE id = ${keyOf(run)}`);
          return erase.run(run);
        },
      },
    ];
  },
};

/** A key of the first batch: behind it, auto-increment leaves gaps. */
const keyOf = (run: number) => String(1 + ((run * 9_973) % 90_000));

const bytesOf = (parts: readonly Buffer[]) => parts.reduce((sum, { length }) => sum + length, 0);
const speed = (bytes: number, seconds: number) => `${(bytes / seconds / 1e6).toFixed(0)} MB/s of compressed bytes`;

/** Archives the day, and gives its objects that hold rows. */
async function archived(stage: Stage, run: string, rows: number, tell: (line: string) => void): Promise<Buffer[]> {
  await fillOrders(stage.session, rows, (done) => tell(`filling the table: ${done.toLocaleString('en')} rows`));
  const source = new Source(stageConfig(stage, { table, timeColumn: orders.timeColumn, run }));
  try {
    const parts = await archiveOrders(source, run);
    tell(`archived: ${parts.length} objects of ${bytesOf(parts).toLocaleString('en')} bytes`);
    return parts;
  } finally {
    source.close();
  }
}

interface Asked {
  into?: (run: number) => string;
  /** Of the day, where the subject itself counts others. */
  rows?: () => number;
}

function ours(stage: Stage, name: 'find' | 'audit' | 'erase', work: string, { into, rows }: Asked): Contestant {
  return {
    name,
    work,
    async run(run) {
      const task = { name, run: name, into: into?.(run), mysql: { port: stage.mysql.port }, s3: stage.s3 };
      const args = ['--no-warnings', '--import', 'tsx', subject, JSON.stringify(task)];
      const measured = JSON.parse(await runTool(process.execPath, args, stage.signal)) as Measured;
      return { ...measured, rows: rows?.() ?? measured.rows };
    },
  };
}

async function scan(files: readonly string[], id: string): Promise<number> {
  const instance = await DuckDBInstance.create();
  const connection = await instance.connect();
  try {
    const began = performance.now();
    const found = await connection.runAndReadAll(
      `SELECT * FROM read_csv([${files.map((file) => `'${file}'`).join(', ')}], delim=',', quote='"', escape='"', nullstr='\\N',
         header=false, auto_detect=false, columns={${Array.from({ length: 8 }, (_, at) => `'c${at}': 'VARCHAR'`).join(', ')}})
       WHERE c0 = '${id}'`,
    );
    const seconds = (performance.now() - began) / 1000;
    if (found.getRows().length !== 1) throw new Error(`DuckDB found ${found.getRows().length} rows of id ${id}`);
    return seconds;
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
