import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { AuroraFront } from '../stack/aurora/front.ts';
import { builtPackage } from '../stack/builtPackage.ts';
import { stackFolder } from '../stack/fetch.ts';
import { type Addresses, type SqlAddress, startStack } from '../stack/stack.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** `aurora` is the stand-in Aurora before `mysql`. */
    stack: Addresses & { aurora: SqlAddress };
    /** The workflows' bundle, as the built package brings it. */
    bundle: string;
    /** The built package's folder. Commands and workers start from it: it is what ships, and starts in half the time. */
    built: string;
  }
}

/** One stack and one built package, for all files. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const built = await builtPackage();
  // Short histories, so that small tests go on as new too.
  const stack = await startStack(join(stackFolder, `test-${process.pid}`), { suggestContinueAsNew: 250 });
  // What was just installed and fetched is on the disk before the first test. Else the servers wait minutes for it with
  // their own writes, where the disk is slow.
  execFileSync('sync');
  project.provide('bundle', join(built, 'dist/workflows.bundle.js'));
  project.provide('built', built);
  const { mysql, s3 } = stack.addresses;
  const front = await AuroraFront.start(mysql, s3);
  project.provide('stack', { ...stack.addresses, aurora: { ...mysql, port: front.port } });
  return async () => {
    await front.close();
    await stack.stop();
  };
}
