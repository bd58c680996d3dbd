// Heals one day in a process of its own, whose heap the caller bounds: node --max-old-space-size=… healProcess.mjs <built package> <policy> <table> <day>
const [built, file, table, day] = process.argv.slice(2);
const { healPartition } = await import(`${built}/dist/activities/healPartition.js`);
const { loadConfig } = await import(`${built}/dist/config/load.js`);
const { Source } = await import(`${built}/dist/job/source.js`);

const source = new Source(loadConfig(file));
const attempt = { heartbeat: () => undefined, signal: new AbortController().signal };
const result = await healPartition(source, { table, day }, attempt);
source.close();
process.stdout.write(JSON.stringify(result));
process.exit(0);
