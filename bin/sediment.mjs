#!/usr/bin/env node
// Runs the TypeScript sources as they are, by tsx.
import { register } from 'tsx/esm/api';

// The AWS SDK's word on Node 20's end is for those who keep this repository, not for a command's readers.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
register();
await import('../src/cli/main.ts');
