import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { readinessOf } from '../../../src/cli/worker/readinessOf.ts';
import { type Endpoint, openEndpoint } from '../../../src/telemetry/endpoint.ts';
import { type SqlProxy, sqlProxy } from '../../support/proxy.ts';
import { makeWorld, type World } from '../../support/world.ts';

/** A worker's own limits, sixty times shorter. */
const limits = { everyMillis: 250, answerMillis: 1_500, freshMillis: 3_000 };

let world: World;
let mysql: SqlProxy;
let temporal: SqlProxy;
let endpoint: Endpoint;
const over = new AbortController();
let asking: Promise<void>;
const address = process.env.TEMPORAL_ADDRESS;

beforeAll(async () => {
  const stack = inject('stack');
  world = await makeWorld('mysql');
  mysql = await sqlProxy(stack.mysql.port);
  temporal = await sqlProxy(Number(stack.temporal.address.split(':')[1]));
  process.env.TEMPORAL_ADDRESS = `127.0.0.1:${temporal.port}`;
  const { config } = world;
  const readiness = readinessOf({ ...config, source: { ...config.source, port: mysql.port } }, limits);
  endpoint = await openEndpoint('127.0.0.1:0', readiness);
  asking = readiness.keepAsking({ info: () => undefined, warn: () => undefined }, over.signal);
});

afterAll(async () => {
  over.abort();
  await asking;
  endpoint?.close();
  await mysql?.close();
  await temporal?.close();
  world?.close();
  if (address === undefined) delete process.env.TEMPORAL_ADDRESS;
  else process.env.TEMPORAL_ADDRESS = address;
});

/** The exit code of a container's health check. */
async function probe(path: string, bind = endpoint.address): Promise<number> {
  const program = fileURLToPath(new URL('../../../bin/probe.mjs', import.meta.url));
  const env = { ...process.env, SEDIMENT_METRICS: bind };
  const [code] = await once(spawn(process.execPath, [program, path], { env, stdio: 'ignore' }), 'exit');
  return code;
}

async function status(path: string): Promise<number> {
  return (await fetch(`http://${endpoint.address}${path}`)).status;
}

test.each([
  ['the ledger’s server', () => mysql],
  ['Temporal', () => temporal],
])(
  'a worker is ready, isn’t once %s is gone, and is again when it is back; it lives all the time',
  async (_, server) => {
    await expect.poll(() => status('/readyz')).toBe(200);
    server().refuse(true);
    await expect.poll(() => status('/readyz')).toBe(503);
    expect(await status('/livez')).toBe(200);
    server().refuse(false);
    await expect.poll(() => status('/readyz')).toBe(200);
  },
);

test('a server that answers without the ledger in it leaves a worker not ready, and the probe says which it is', async () => {
  await expect.poll(() => status('/readyz')).toBe(200);
  const { ledger } = world.config.source;
  await world.sql(`RENAME TABLE ${ledger}.tables TO ${ledger}.away`);
  await expect.poll(() => status('/readyz')).toBe(503);
  const text = await (await fetch(`http://${endpoint.address}/readyz`)).text();
  expect(text).toMatch(/^not ready\nthe ledger answered \d+ s ago\nTemporal answered \d s ago\n$/);
  await world.sql(`RENAME TABLE ${ledger}.away TO ${ledger}.tables`);
  await expect.poll(() => status('/readyz')).toBe(200);
});

test('a container’s health check ends with 0 where the worker says yes, else with 1', async () => {
  await expect.poll(() => status('/readyz')).toBe(200);
  expect(await probe('/livez')).toBe(0);
  expect(await probe('/readyz')).toBe(0);
  temporal.refuse(true);
  await expect.poll(() => status('/readyz')).toBe(503);
  expect(await probe('/readyz')).toBe(1);
  expect(await probe('/livez')).toBe(0);
  temporal.refuse(false);
  expect(await probe('/livez', '127.0.0.1:1')).toBe(1);
});
