// A worker thread's entry: Node 20 reads no TypeScript by itself, and a thread inherits no loader that was registered later.
import { register } from 'tsx/esm/api';

register();
await import('./digestWorker.ts');
