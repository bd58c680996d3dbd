import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest';
import { planDay } from '../../../src/activities/planDay.ts';
import { purgeSlice } from '../../../src/activities/purgeSlice.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { Source } from '../../../src/job/source.ts';
import { parseTableName } from '../../../src/model/tableName.ts';
import { applySchedule, dailySchedule } from '../../../src/schedules.ts';
import { startWorkers } from '../../../src/worker.ts';
import { archiveId, purgeId } from '../../../src/workflows/ids.ts';
import { archiveTable, purgeTable } from '../../../src/workflows/index.ts';
import { spoiledStore } from '../../support/bucket.ts';
import { policyFile, policyText, sediment } from '../../support/command.ts';
import { archiveDay } from '../../support/job.ts';
import { makeScene, type Scene } from '../../support/temporalScene.ts';
import { makeWorld, type World } from '../../support/world.ts';

// Each test starts the command several times, and each start takes a second of processor time.
vi.setConfig({ testTimeout: 240_000 });

const day = '2026-01-05';
const nowhere = { TEMPORAL_ADDRESS: '127.0.0.1:9' };
const tables = ['refused', 'stopped', 'lost', 'forbidden', 'flaky', 'clock', 'held', 'running'];

let world: World;
let scene: Scene;
let source: Source;
let workers: Awaited<ReturnType<typeof startWorkers>>;
let config: string;
let proxy: Awaited<ReturnType<typeof spoiledStore>>;
/** The status with which the store answers to requests below a table's prefix; others pass. */
const refusing = new Map<string, number>();

beforeAll(async () => {
  world = await makeWorld('mysql');
  scene = await makeScene();
  proxy = await spoiledStore(world.name, (asked, answer, out, pass) => {
    const found = [...refusing].find(([table]) => asked.url?.includes(`/${table}/`));
    if (!found) return pass();
    answer.resume();
    const code = found[1] === 403 ? 'AccessDenied' : 'InternalError';
    out.writeHead(found[1], { 'content-type': 'application/xml' });
    out.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>refused</Message></Error>`);
  });
  const policies = tables.map((table) => {
    const more = table === 'running' ? ', maxRowsPerSecond: 1' : '';
    return `{ table: ${world.name}.${table}, timeColumn: t, purge: enabled, drift: stop, chunkRows: 10${more} }`;
  });
  config = policyFile(policyText({ name: world.name, endpoint: proxy.endpoint, tables: policies }));
  source = new Source(loadConfig(config));
  await applySchedule(scene.client, source.config);
  await startAgain();
});
afterAll(async () => {
  workers?.shutdown();
  await workers?.run;
  source?.close();
  await proxy?.close();
  await scene?.close();
  world?.close();
});

async function startAgain() {
  const { address } = inject('stack').temporal;
  const bundle = { codePath: inject('bundle') };
  workers = await startWorkers(source.config, { address, namespace: scene.namespace, bundle });
}

async function create(table: string, key = 'PRIMARY KEY (id),', note = 'VARCHAR(20)') {
  await world.sql(
    `CREATE TABLE ${world.name}.${table} (id INT NOT NULL, note ${note}, t DATETIME NOT NULL, ${key} KEY (t))`,
  );
  const rows = Array.from({ length: 40 }, (_, id) => `(${id}, 'as it was', '${day}' + INTERVAL ${id} SECOND)`);
  await world.sql(`INSERT INTO ${world.name}.${table} VALUES ${rows.join(',')}`);
}

const archived = async (table: string) => {
  await create(table);
  await archiveDay(world, parseTableName(`${world.name}.${table}`), day, source);
};

const slice = (table: string, forMillis: number, from = source) =>
  purgeSlice(from, { table: `${world.name}.${table}`, cutoff: '2026-06-01', forMillis }, world.attempt);

const startArchive = (table: string) =>
  scene.client.workflow.start(archiveTable, {
    taskQueue: 'sediment',
    workflowId: archiveId(world.name, `${world.name}.${table}`, day),
    args: [{ source: world.name, table: `${world.name}.${table}`, day }],
  });

const startPurge = (table: string) =>
  scene.client.workflow.start(purgeTable, {
    taskQueue: 'sediment',
    workflowId: purgeId(world.name, `${world.name}.${table}`),
    args: [{ source: world.name, table: `${world.name}.${table}`, cutoff: '2026-06-01' }],
  });

/** The table's state by status alone. */
async function stateOf(table: string, env: Record<string, string> = {}) {
  const own = { TEMPORAL_NAMESPACE: scene.namespace, ...env };
  const { stdout } = await sediment(['status', `${world.name}.${table}`, '--json', '-c', config], own);
  return JSON.parse(stdout).tables[0].state;
}

/** What status and explain say of a table, as JSON, and explain's lines; all three draw one state. */
async function look(table: string, env: Record<string, string> = {}) {
  const name = `${world.name}.${table}`;
  const own = { TEMPORAL_NAMESPACE: scene.namespace, ...env };
  const [status, explained, text] = await Promise.all([
    sediment(['status', name, '--json', '-c', config], own),
    sediment(['explain', name, '--json', '-c', config], own),
    sediment(['explain', name, '-c', config], own),
  ]);
  const [found] = JSON.parse(status.stdout).tables;
  const document = JSON.parse(explained.stdout);
  expect(document.state).toEqual(found.state);
  expect([explained.code, text.code]).toEqual([status.code, status.code]);
  for (const said of [status.stdout, explained.stdout, text.stdout]) {
    expect(said).not.toMatch(/TypeError|UnknownError|\bUnknown\b|undefined/);
  }
  return { code: status.code, state: found.state, command: document.command, text: text.stdout, document };
}

test('a table that the daily run refused: why, since when, and what to do', async () => {
  await create('refused', '');
  const at = new Date().toISOString();
  await planDay(source, { scheduledTime: at, startedAt: at }, world.attempt);
  const found = await look('refused');
  expect(found).toMatchObject({
    code: 3,
    state: { kind: 'refused', reason: expect.stringContaining('no primary key'), since: expect.any(String) },
    command: `sediment doctor ${world.name}.refused`,
  });
  expect(found.text).toMatch(/refused since .+no primary key/s);
  expect(found.text).toContain('refused now: ');
});

test('a table that stopped: the rows that differ, and the command that goes on', async () => {
  await archived('stopped');
  await world.sql(`UPDATE ${world.name}.stopped SET note = 'changed' WHERE id = 7`);
  await expect(slice('stopped', 60_000)).rejects.toThrow('healing is off');
  const found = await look('stopped');
  const command = `sediment heal ${world.name}.stopped --day ${day}`;
  expect(found).toMatchObject({ code: 3, state: { kind: 'stopped', work: 'purge', day, command }, command });
  expect(found.text).toMatch(/1 rows? changed \(7\)/);
  expect(found.text).toContain(`${day} is purging: 40 archived, 0 deleted`);
  // As a reader has it in a pipe: one command, once.
  expect(found.text.split(command)).toHaveLength(2);
});

test('an export that no retry mends: the outer message, in the workflow’s failure too', async () => {
  await create('lost', 'PRIMARY KEY (id),', 'VARCHAR(20) CHARACTER SET sjis');
  await world.sql(`UPDATE ${world.name}.lost SET note = _sjis x'61F04062' WHERE id = 7`);
  await expect((await startArchive('lost')).result()).rejects.toThrow();
  const found = await look('lost');
  expect(found).toMatchObject({
    code: 3,
    state: { kind: 'stopped', work: 'archive', day, reason: expect.stringMatching(/column note .+no Unicode form/) },
  });
});

test('S3 says 403: which bucket, whose rights, and no word of trying again', async () => {
  await create('forbidden');
  refusing.set('forbidden', 403);
  await expect((await startArchive('forbidden')).result()).rejects.toThrow();
  const found = await look('forbidden');
  expect(found).toMatchObject({ code: 3, state: { kind: 'stopped', work: 'archive', day } });
  expect(found.text).toMatch(/AccessDenied|refused/);
  expect(found.text).toMatch(/role or the keys/);
  refusing.delete('forbidden');
  await (await startArchive('forbidden')).result();
  expect((await look('forbidden')).state).toMatchObject({ kind: 'waiting' });
});

test('an export that fails and is tried again: how often, by what', async () => {
  await create('flaky');
  refusing.set('flaky', 500);
  const handle = await startArchive('flaky');
  await expect
    .poll(() => stateOf('flaky'), { timeout: 150_000, interval: 500 })
    .toMatchObject({ kind: 'failing', work: 'archive' });
  expect(await look('flaky')).toMatchObject({ code: 1, command: `sediment doctor ${world.name}.flaky` });
  refusing.delete('flaky');
  await handle.terminate();
});

test('the schedule is paused: nothing starts, and the command that lets it', async () => {
  await dailySchedule(scene.client, world.name).pause('month-end close');
  const found = await look('forbidden');
  expect(found).toMatchObject({
    state: { kind: 'waiting', reason: expect.stringContaining('the daily schedule is paused ("month-end close")') },
    command: 'sediment schedule unpause',
  });
  await dailySchedule(scene.client, world.name).unpause();
});

test('clocks that disagree: whose, and by how much', async () => {
  await archived('clock');
  expect(await slice('clock', 1)).toMatchObject({ done: false });
  const late = new Source(source.config, () => Date.now() - 600_000);
  expect(await slice('clock', 1, late)).toMatchObject({ heldBy: 'clock' });
  await expect
    .poll(() => stateOf('clock', nowhere), { timeout: 150_000, interval: 1_000 })
    .toMatchObject({ kind: 'waiting', for: 'clock', reason: expect.stringContaining('clocks disagree: MySQL’s says') });
  expect(await look('clock', nowhere)).toMatchObject({ command: `sediment doctor ${world.name}.clock` });
  late.close();
});

test('a hold: whose, why, and the command that ends it', async () => {
  await archived('held');
  await sediment(['pause', `${world.name}.held`, '--reason', 'month-end close', '-c', config], {
    TEMPORAL_NAMESPACE: scene.namespace,
  });
  expect(await look('held')).toMatchObject({
    code: 0,
    state: { kind: 'waiting', for: 'hold', reason: expect.stringContaining('month-end close') },
    command: `sediment resume ${world.name}.held`,
  });
});

test('Temporal is gone: the ledger alone says what it knows, and that it is alone', async () => {
  const found = await look('held', nowhere);
  expect(found).toMatchObject({ code: 1, document: { evidence: { temporal: { unreachable: expect.any(String) } } } });
  expect(found.text).toContain('no server answers at 127.0.0.1:9');
});

test('MySQL is gone: one line that names the address, and the config’s key', async () => {
  const url = 'mysql://root@127.0.0.1:9';
  const file = policyFile(
    policyText({ name: world.name, url, tables: [`{ table: ${world.name}.held, timeColumn: t }`] }),
  );
  for (const command of [['status'], ['explain', `${world.name}.held`]]) {
    const { code, stderr } = await sediment([...command, '-c', file]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/no MySQL server answers there; look at source\.url .+127\.0\.0\.1:9/);
  }
});

test('the worker is gone: the purge waits for one, since when, and no forecast', async () => {
  await archived('running');
  await startPurge('running');
  await expect.poll(() => stateOf('running'), { timeout: 150_000, interval: 500 }).toMatchObject({ kind: 'purging' });
  workers.shutdown();
  await workers.run;
  const found = await look('running');
  expect(found).toMatchObject({
    code: 1,
    state: { kind: 'waiting', for: 'worker', reason: expect.stringContaining('the last one was shut down') },
    command: 'sediment worker',
  });
  expect(found.text).not.toContain('failed');
  await startAgain();
});
