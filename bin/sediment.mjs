#!/usr/bin/env node
// Runs the TypeScript sources as they are, by tsx.
import { register } from 'tsx/esm/api';

register();
await import('../src/cli/main.ts');
