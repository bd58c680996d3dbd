import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fetchDebian, makeOnce, stackFolder } from '../stack/fetch.ts';

/** Runs a program to its end and gives what it wrote; `environment` is added to this process's own. @throws if it fails */
export function runTool(
  command: string,
  args: readonly string[],
  signal: AbortSignal,
  environment: Record<string, string> = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { signal, env: { ...process.env, ...environment }, maxBuffer: 64 << 20 };
    execFile(command, [...args], options, (error, stdout, stderr) =>
      error ? reject(new Error(`${command} failed:\n${stderr.slice(-2000)}`, { cause: error })) : resolve(stdout),
    );
  });
}

/** A program of Debian's, unpacked below .stack/ with its own libc and libraries, nothing installed into the system. */
export interface DebianTool {
  command: string;
  args: string[];
  environment: Record<string, string>;
}

const machine = process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu';

/** @param path of the program in the package's tree, such as `usr/bin/mydumper` */
export async function debianTool(folder: string, debianPackage: string, path: string): Promise<DebianTool> {
  const target = join(stackFolder, folder);
  await makeOnce(target, (fresh) => {
    process.stderr.write(`bench: fetching ${debianPackage} from Debian's packages into .stack/ (once)\n`);
    return fetchDebian(fresh, 'sid', debianPackage);
  });
  const tree = join(target, 'program');
  const libraries = [join(tree, 'usr/lib', machine), join(tree, 'lib', machine)];
  const loader = libraries
    .flatMap((library) => ['ld-linux-x86-64.so.2', 'ld-linux-aarch64.so.1'].map((name) => join(library, name)))
    .find(existsSync);
  if (!loader) throw new Error(`${tree} holds no loader`);
  return {
    command: loader,
    args: ['--library-path', libraries.join(':'), join(tree, path)],
    environment: { MARIADB_PLUGIN_DIR: join(libraries[0] ?? '', 'libmariadb3/plugin'), ...perlFolders(tree) },
  };
}

function perlFolders(tree: string): Record<string, string> {
  const base = join(tree, 'usr/lib', machine);
  const arch = join(base, 'perl5');
  if (!existsSync(arch)) return {};
  const version = readdirSync(arch).find((name) => /^5/.test(name)) ?? '';
  const folders = [join(arch, version), join(base, 'perl', version), join(tree, 'usr/share/perl', version)];
  return { PERL5LIB: [...folders, join(base, 'perl-base')].join(':') };
}
