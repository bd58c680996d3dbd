import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Logger } from '@temporalio/common';
import { bundleWorkflowCode, type WorkflowBundle } from '@temporalio/worker';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Webpack's report of each build is nobody's business. */
const quiet: Logger = { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error() {} };

/** Bundles the workflows: takes some seconds, which an image has done ahead. */
export async function buildBundle(): Promise<WorkflowBundle> {
  return bundleWorkflowCode({ workflowsPath: join(root, 'src/workflows/index.ts'), logger: quiet });
}

/** Writes dist/workflows.js, and beside it what it was built from. @returns its path */
export async function writeBundle(folder = join(root, 'dist')): Promise<string> {
  const sources = sourcesDigest();
  const { code } = await buildBundle();
  const path = join(folder, 'workflows.js');
  mkdirSync(folder, { recursive: true });
  rmSync(stampOf(path), { force: true });
  writeFileSync(path, code);
  // Last: a build that died leaves no stamp. Not in the bundle itself, whose end is its source map.
  writeFileSync(stampOf(path), stamp(sources, code));
  return path;
}

/** The bundle that was built ahead, or one that is built now. */
export async function freshBundle(): Promise<WorkflowBundle> {
  return bundleAhead() ?? (await buildBundle());
}

/**
 * The bundle that was built ahead, if it was built from these very sources and this very SDK: a stale one would run
 * yesterday's workflows with today's activities.
 */
export function bundleAhead(folder = join(root, 'dist')): WorkflowBundle | undefined {
  const path = join(folder, 'workflows.js');
  if (!existsSync(path) || !existsSync(stampOf(path))) return undefined;
  const code = readFileSync(path, 'utf8');
  return readFileSync(stampOf(path), 'utf8') === stamp(sourcesDigest(), code) ? { code } : undefined;
}

function stampOf(path: string): string {
  return `${path}.stamp`;
}

function stamp(sources: string, code: string): string {
  return `${sources} ${createHash('sha256').update(code).digest('hex')}\n`;
}

/** SHA-256, in hex, over every source file, for what a workflow imports is nobody's list to keep, and the SDK's version. */
function sourcesDigest(): string {
  const hash = createHash('sha256');
  const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  );
  for (const file of files.sort()) hash.update(`${file}\0`).update(readFileSync(join(root, 'src', file)));
  const sdk = JSON.parse(readFileSync(join(root, 'node_modules/@temporalio/workflow/package.json'), 'utf8'));
  return hash.update(String(sdk.version)).digest('hex');
}
