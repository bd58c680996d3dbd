import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Logger } from '@temporalio/common';
import { bundleWorkflowCode, type WorkflowBundle } from '@temporalio/worker';

/** src/ in a checkout, dist/ in a package. */
const code = fileURLToPath(new URL('.', import.meta.url));
const ending = import.meta.url.endsWith('.ts') ? '.ts' : '.js';
const bundleName = 'workflows.bundle.js';

/** Drops webpack's report of each build. */
const quiet: Logger = { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error() {} };

/** Bundles the workflows: takes some seconds, which a build has done ahead. */
export async function buildBundle(): Promise<WorkflowBundle> {
  return bundleWorkflowCode({ workflowsPath: join(code, `workflows/index${ending}`), logger: quiet });
}

/** Writes the bundle, and beside it what it was built from. @returns its path */
export async function writeBundle(folder = code): Promise<string> {
  const sources = sourcesDigest();
  const bundle = await buildBundle();
  const path = join(folder, bundleName);
  rmSync(stampOf(path), { force: true });
  writeFileSync(path, bundle.code);
  // Last: a build that died leaves no stamp. Not in the bundle itself, whose end is its source map.
  writeFileSync(stampOf(path), stamp(sources, bundle.code));
  return path;
}

/** The bundle that was built ahead, or one that is built now. */
export async function freshBundle(): Promise<WorkflowBundle> {
  return bundleAhead() ?? (await buildBundle());
}

/**
 * The bundle that was built ahead, if it was built from this very code and this very SDK: a stale one would run
 * yesterday's workflows with today's activities.
 */
export function bundleAhead(folder = code): WorkflowBundle | undefined {
  const path = join(folder, bundleName);
  if (!existsSync(path) || !existsSync(stampOf(path))) return undefined;
  const bundle = readFileSync(path, 'utf8');
  return readFileSync(stampOf(path), 'utf8') === stamp(sourcesDigest(), bundle) ? { code: bundle } : undefined;
}

function stampOf(path: string): string {
  return `${path}.stamp`;
}

function stamp(sources: string, bundle: string): string {
  return `${sources} ${createHash('sha256').update(bundle).digest('hex')}\n`;
}

/** SHA-256, in hex, over the SDK's version and every source file, because there is no list of what workflows import. */
function sourcesDigest(): string {
  const hash = createHash('sha256');
  const files = readdirSync(code, { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith(ending) && file !== bundleName,
  );
  for (const file of files.sort()) hash.update(`${file}\0`).update(readFileSync(join(code, file)));
  // Wherever npm put it: a package's dependencies lie beside it, not in it.
  const sdk: { version: string } = createRequire(import.meta.url)('@temporalio/workflow/package.json');
  return hash.update(sdk.version).digest('hex');
}
