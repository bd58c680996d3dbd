import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeOnce, stackFolder } from './fetch.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
/** What a package holds beside dist/ and needs to run. */
const shipped = ['bin', 'sql', 'package.json'];
const dayMillis = 86_400_000;

/**
 * The files of a package of these very sources, in .stack/: a command that starts from them needs half the processor
 * time that it needs from the sources. dist/ is what `npm run build` writes, byte by byte, but nobody checks its types.
 *
 * @returns its folder, whose node_modules are the checkout's
 */
export async function builtPackage(): Promise<string> {
  const folder = join(stackFolder, `package-${sourcesDigest()}`);
  await makeOnce(folder, async (fresh) => {
    await transpile(join(fresh, 'dist'));
    for (const each of shipped) cpSync(join(root, each), join(fresh, each), { recursive: true });
    const { writeBundle } = (await import(
      join(fresh, 'dist/workflowBundle.js')
    )) as typeof import('../src/workflowBundle.ts');
    await writeBundle();
  });
  removeOld(folder);
  return folder;
}

/** Writes what the compiler makes of each file of src/, by the options of `npm run build`. */
async function transpile(to: string): Promise<void> {
  const { default: ts } = await import('typescript');
  const { config } = ts.readConfigFile(join(root, 'tsconfig.build.json'), ts.sys.readFile);
  const { options, fileNames } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  // By itself it takes a file for CommonJS, because it doesn't look for package.json.
  const compilerOptions = { ...options, module: ts.ModuleKind.ESNext };
  for (const fileName of fileNames) {
    const { outputText, sourceMapText } = ts.transpileModule(readFileSync(fileName, 'utf8'), {
      compilerOptions,
      fileName,
    });
    const file = join(to, relative(join(root, 'src'), fileName).replace(/\.ts$/, '.js'));
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, outputText);
    writeFileSync(`${file}.map`, sourceMapText ?? '');
  }
}

/** SHA-256, in hex, over every file that a package is made of. */
function sourcesDigest(): string {
  const hash = createHash('sha256');
  for (const each of ['src', ...shipped, 'tsconfig.json', 'tsconfig.build.json', 'package-lock.json']) {
    const path = join(root, each);
    const isFolder = statSync(path).isDirectory();
    const files = isFolder ? readdirSync(path, { recursive: true, encoding: 'utf8' }).sort() : [''];
    for (const file of files.map((name) => join(path, name)))
      if (statSync(file).isFile()) hash.update(`${relative(root, file)}\0`).update(readFileSync(file));
  }
  return hash.digest('hex').slice(0, 16);
}

/** Removes packages of older sources, but none that another run may be using. */
function removeOld(current: string): void {
  for (const name of readdirSync(stackFolder)) {
    const folder = join(stackFolder, name);
    if (!/^package-[0-9a-f]{16}$/.test(name) || folder === current) continue;
    if (Date.now() - statSync(folder).mtimeMs > dayMillis) rmSync(folder, { recursive: true, force: true });
  }
}
