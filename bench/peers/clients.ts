import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { orders } from '../orders.ts';
import { debianTool, runTool } from '../program.ts';
import type { Contestant } from '../race.ts';
import type { Stage } from '../stage.ts';

const from = `${orders.database}.${orders.table}`;

/** `mariadb --quick`, the command-line client's own batch output, into a local file. */
export async function clientContestant(stage: Stage, rows: number): Promise<Contestant> {
  const tool = await debianTool('mariadb-client', 'mariadb-client-core', 'usr/bin/mariadb');
  return fileContestant(
    stage,
    { name: 'mariadb-quick', work: 'tab-separated text into a local file', rows },
    async (file) => {
      const flags = ['--no-defaults', '--host=127.0.0.1', `--port=${stage.mysql.port}`, '--user=root'];
      const words = [tool.command, ...tool.args, ...flags, '--quick', '--batch', `--execute=SELECT * FROM ${from}`];
      await runTool('sh', ['-c', 'exec "$@" > "$0"', file, ...words], stage.signal, tool.environment);
    },
  );
}

/** The server's own writer of files: no wire at all, and a file on the database's host. */
export function outfileContestant(stage: Stage, rows: number): Contestant {
  return fileContestant(
    stage,
    { name: 'into-outfile', work: 'the server writes CSV onto its own disk', rows },
    async (file) => {
      const format = `FIELDS TERMINATED BY ',' OPTIONALLY ENCLOSED BY '"' LINES TERMINATED BY '\\n'`;
      await stage.session.execute(`SELECT * FROM ${from} INTO OUTFILE '${file}' CHARACTER SET utf8mb4 ${format}`);
    },
  );
}

/** Rows that pt-archiver is given: a row a statement by default, it would take minutes for a million. */
const archiverRows = 20_000;

/** pt-archiver's file output with its default settings (a row a statement), and no delete. */
export async function archiverContestant(stage: Stage, rows: number): Promise<Contestant> {
  const tool = await debianTool('percona-toolkit', 'percona-toolkit', 'usr/bin/perl');
  const taken = Math.min(rows, archiverRows);
  const script = join(tool.args.at(-1) ?? '', '../pt-archiver');
  return fileContestant(
    stage,
    { name: 'pt-archiver', work: 'a local file, default settings, --no-delete', rows: taken },
    async (file) => {
      const source = `h=127.0.0.1,P=${stage.mysql.port},u=root,D=${orders.database},t=${orders.table}`;
      // Ids have gaps where a batch was filled, so the number of rows is a limit on what is read, by time.
      const bound = await stage.session.rows(`SELECT id FROM ${from} ORDER BY id LIMIT 1 OFFSET ${taken - 1}`);
      const flags = ['--source', source, '--where', `id <= ${bound[0]?.id}`, '--file', file, '--no-delete'];
      await runTool(tool.command, [...tool.args, script, ...flags], stage.signal, tool.environment);
    },
  );
}

function fileContestant(
  stage: Stage,
  { name, work, rows }: { name: string; work: string; rows: number },
  write: (file: string) => Promise<void>,
): Contestant {
  return {
    name,
    work,
    async run(run) {
      const file = join(stage.folder, `${name}-${run}.out`);
      const began = performance.now();
      await write(file);
      const seconds = (performance.now() - began) / 1000;
      rmSync(file);
      return { seconds, rows };
    },
  };
}
