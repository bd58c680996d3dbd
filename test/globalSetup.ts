import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode } from '@temporalio/worker';
import type { TestProject } from 'vitest/node';
import { stackFolder } from '../stack/fetch.ts';
import { type Addresses, startStack } from '../stack/stack.ts';

declare module 'vitest' {
  interface ProvidedContext {
    stack: Addresses;
    bundle: string;
  }
}

/** One stack, and one bundle of the workflows, for all files. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = join(stackFolder, `test-${process.pid}`);
  // Short histories, so that small tests go on as new too.
  const stack = await startStack(folder, { suggestContinueAsNew: 250 });
  try {
    project.provide('bundle', await bundleWorkflows(folder));
  } catch (error) {
    await stack.stop();
    throw error;
  }
  project.provide('stack', stack.addresses);
  return stack.stop;
}

async function bundleWorkflows(folder: string): Promise<string> {
  const workflowsPath = fileURLToPath(new URL('../src/workflows/index.ts', import.meta.url));
  const { code } = await bundleWorkflowCode({
    workflowsPath,
    logger: { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error() {} },
  });
  const bundle = join(folder, 'workflows.js');
  writeFileSync(bundle, code);
  return bundle;
}
