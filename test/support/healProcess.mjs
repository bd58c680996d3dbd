// Heals one day in a process of its own, whose heap the caller bounds: node --max-old-space-size=… healProcess.mjs <policy> <table> <day>
import { register } from 'tsx/esm/api';

register();
const { healPartition } = await import('../../src/activities/healPartition.ts');
const { loadConfig } = await import('../../src/config/load.ts');
const { Source } = await import('../../src/job/source.ts');

const [file, table, day] = process.argv.slice(2);
const source = new Source(loadConfig(file));
const attempt = { heartbeat: () => undefined, signal: new AbortController().signal };
const result = await healPartition(source, { table, day }, attempt);
source.close();
process.stdout.write(JSON.stringify(result));
process.exit(0);
