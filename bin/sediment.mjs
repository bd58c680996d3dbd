#!/usr/bin/env node
import { existsSync } from 'node:fs';
import module from 'node:module';

// The AWS SDK's warning about old versions of Node is for those who deploy this, not for a command's readers.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';

// A checkout runs its sources by tsx, whatever dist/ holds: a stale build must never run. A package has no sources.
if (existsSync(new URL('../src/cli/main.ts', import.meta.url))) {
  const { register } = await import('tsx/esm/api');
  register();
  await import('../src/cli/main.ts');
} else {
  // A worker's log and Temporal's failures name lines of the sources; a command prints no stack traces.
  if (process.argv[2] === 'worker') process.setSourceMapsEnabled(true);
  // Compiling what it loads is a fifth of a command's start. Node 22.1 and later keep the result in the system's temporary folder.
  module.enableCompileCache?.();
  await import('../dist/cli/main.js');
}
