import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { makeOnce, stackFolder } from '../../stack/fetch.ts';
import { runProgram } from '../../stack/process.ts';

const requirements = fileURLToPath(new URL('binlog-requirements.txt', import.meta.url));
const script = fileURLToPath(new URL('binlog_reader.py', import.meta.url));

/** A row event, or a statement that isn't of rows. */
export interface LoggedEvent {
  kind: 'insert' | 'update' | 'delete' | 'statement';
  /** `db.table`; empty for a statement. */
  table: string;
  /** The first column of each row. */
  ids?: string[];
  /** How many of each row's columns are in the log, and aren't NULL. */
  values?: number[];
  statement?: string;
}

/** The transactions of a server's binary log from a position on, with the rows of some schemas, as a consumer of it reads them. */
export async function readBinlog(
  port: number,
  from: { file: string; position: number },
  schemas: readonly string[],
): Promise<LoggedEvent[][]> {
  const modules = await fetchReader();
  const args = [script, String(port), 'root', from.file, String(from.position), ...schemas];
  const options = { env: { ...process.env, PYTHONPATH: modules }, maxBuffer: 64 << 20, timeout: 60_000 };
  const { stdout } = await promisify(execFile)('python3', args, options);
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as LoggedEvent[]);
}

async function fetchReader(): Promise<string> {
  const version = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 8);
  const folder = join(stackFolder, `binlog-reader-${version}`);
  const modules = join(folder, 'python');
  await makeOnce(folder, async (fresh) => {
    const flags = ['-q', '--no-deps', '--require-hashes', '--target', join(fresh, 'python'), '-r', requirements];
    await runProgram(join(fresh, 'pip.log'), 'python3', ['-m', 'pip', 'install', ...flags]);
  });
  return modules;
}
