import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { dailySchedule } from '../../../src/schedules.ts';
import { type Broken, day, makeBroken, nowhere } from '../../support/broken.ts';
import { policyFile, policyText } from '../../support/command.ts';
import { inProcess } from '../../support/inProcess.ts';
import { workerLog } from '../../support/quietRuntime.ts';

vi.setConfig({ testTimeout: 120_000 });

const tables = ['forbidden', 'flaky', 'lost', 'running', 'held'];

let broken: Broken;

beforeAll(async () => {
  broken = await makeBroken(tables, { running: ', maxRowsPerSecond: 20' });
  await broken.work();
});
afterAll(() => broken?.close());

test('an export that no retry mends: the outer message, and the row’s place', async () => {
  await broken.create('lost');
  const table = broken.nameOf('lost');
  await broken.world.sql(`ALTER TABLE ${table} MODIFY note VARCHAR(20) CHARACTER SET sjis`);
  await broken.world.sql(`UPDATE ${table} SET note = _sjis x'61F04062' WHERE id = 7`);
  await expect((await broken.startArchive('lost')).result()).rejects.toThrow();
  const found = await broken.look('lost');
  expect(found).toMatchObject({
    code: 3,
    state: { kind: 'stopped', work: 'archive', day, reason: expect.stringMatching(/column note .+no Unicode form/) },
    metric: 'stopped',
  });
  expect(found.status).toMatch(/no Unicode form/);
  expect(workerLog.join('\n')).toMatch(/\.lost 2026-01-05 stopped: .+no Unicode form/);
});

test('S3 says 403: which bucket, whose rights, and no word of trying again; once mended it goes on', async () => {
  await broken.create('forbidden');
  broken.refusing.set('forbidden', 403);
  await expect((await broken.startArchive('forbidden')).result()).rejects.toThrow();
  const found = await broken.look('forbidden');
  expect(found).toMatchObject({ code: 3, state: { kind: 'stopped', work: 'archive', day }, metric: 'stopped' });
  for (const text of [found.status, found.explained]) {
    expect(text).toMatch(/AccessDenied|refused/);
    expect(text).toMatch(/role or the keys/);
    expect(text).not.toMatch(/try again|tried again/);
  }
  expect(workerLog.join('\n')).toMatch(/\.forbidden 2026-01-05 stopped: .+role or the keys/);
  // A run of which every table failed says of each why.
  const backfill = ['backfill', '--from', day, '--to', day, '--table', broken.nameOf('forbidden')];
  expect(await broken.run(backfill)).toMatchObject({
    code: 1,
    stdout: expect.stringMatching(/forbidden {2}failed: .+role or the keys/),
  });
  broken.refusing.delete('forbidden');
  await (await broken.startArchive('forbidden')).result();
  expect(await broken.look('forbidden')).toMatchObject({ code: 0, state: { kind: 'waiting' }, metric: 'waiting' });
});

test('an export that fails and is tried again: how often, by what', async () => {
  await broken.create('flaky');
  broken.refusing.set('flaky', 500);
  const handle = await broken.startArchive('flaky');
  await expect
    .poll(() => broken.stateOf('flaky'), { timeout: 60_000, interval: 500 })
    .toMatchObject({ kind: 'failing', work: 'archive' });
  const found = await broken.look('flaky');
  expect(found).toMatchObject({ code: 1, command: `sediment doctor ${broken.nameOf('flaky')}` });
  expect(found.status).toMatch(/export of 2026-01-05 failed .+: s3: the store at \S+ answered \w+ with 500/);
  broken.refusing.delete('flaky');
  await handle.terminate();
});

test('the schedule is paused: nothing starts, and the command that lets it', async () => {
  await dailySchedule(broken.scene.client, broken.world.name).pause('month-end close');
  const found = await broken.look('forbidden');
  expect(found).toMatchObject({
    state: { kind: 'waiting', reason: expect.stringContaining('the daily schedule is paused ("month-end close")') },
    command: 'sediment schedule unpause',
  });
  expect(found.status).toContain('sediment schedule unpause');
  await dailySchedule(broken.scene.client, broken.world.name).unpause();
});

test('a hold: whose, why, and the command that ends it', async () => {
  await broken.create('held');
  await broken.archive('held');
  await broken.run(['pause', broken.nameOf('held'), '--reason', 'month-end close']);
  const found = await broken.look('held');
  expect(found).toMatchObject({
    code: 0,
    state: { kind: 'waiting', for: 'hold', reason: expect.stringContaining('month-end close') },
    command: `sediment resume ${broken.nameOf('held')}`,
    metric: 'waiting',
  });
  expect(found.status).toContain('"month-end close"');
});

test('Temporal is gone: the ledger alone says what it knows, and that it is alone', async () => {
  const found = await broken.look('forbidden', nowhere);
  expect(found).toMatchObject({ code: 1, evidence: { temporal: { unreachable: expect.any(String) } } });
  for (const text of [found.status, found.explained]) expect(text).toContain('no server answers at 127.0.0.1:9');
});

test('MySQL is gone: one line that names the address, and the config’s key', async () => {
  const url = 'mysql://root@127.0.0.1:9';
  const table = `${broken.world.name}.held`;
  const file = policyFile(policyText({ name: broken.world.name, url, tables: [`{ table: ${table}, timeColumn: t }`] }));
  for (const command of [['status'], ['explain', table], ['plan'], ['history'], ['pause', table, '--reason', 'x']]) {
    const { code, stderr } = await inProcess([...command, '-c', file], broken.env);
    expect(code).toBe(1);
    expect(stderr).toMatch(/no MySQL server answers there; look at source\.url .+127\.0\.0\.1:9/);
  }
});

test('servers that take the connection and say nothing: which one, within a bounded time', async () => {
  const silent = createServer(() => undefined);
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const { port } = silent.address() as AddressInfo;
  const temporal = await broken.look('forbidden', { TEMPORAL_ADDRESS: `127.0.0.1:${port}` });
  expect(temporal).toMatchObject({ code: 1, evidence: { temporal: { unreachable: expect.any(String) } } });
  expect(temporal.explained).toContain(`127.0.0.1:${port}`);
  const url = `mysql://root@127.0.0.1:${port}`;
  const table = `${broken.world.name}.held`;
  const file = policyFile(policyText({ name: broken.world.name, url, tables: [`{ table: ${table}, timeColumn: t }`] }));
  const { code, stderr } = await inProcess(['status', '-c', file], broken.env);
  expect(code).toBe(1);
  expect(stderr).toMatch(/the MySQL server doesn’t answer; look at source\.url/);
  silent.close();
});

test('the worker is gone: the purge waits for one, since when, and no forecast', async () => {
  await broken.create('running');
  const table = broken.nameOf('running');
  const more = `SELECT a.id + 40 * (b.id + 1), a.note, a.t + INTERVAL b.id MINUTE FROM ${table} a JOIN ${table} b`;
  await broken.world.sql(`INSERT INTO ${table} ${more}`);
  await broken.archive('running');
  const purge = await broken.startPurge('running');
  await expect
    .poll(() => broken.stateOf('running'), { timeout: 60_000, interval: 500 })
    .toMatchObject({ kind: 'purging' });
  const { currentDetails } = await purge.query<{ currentDetails: string }>('__temporal_workflow_metadata');
  expect(currentDetails).toContain(`sediment explain ${broken.nameOf('running')}`);
  await broken.stopWorking();
  const found = await broken.look('running');
  expect(found, found.explained).toMatchObject({
    code: 1,
    state: { kind: 'waiting', for: 'worker', reason: expect.stringContaining('the last one was shut down') },
    command: 'sediment worker',
  });
  for (const text of [found.status, found.explained]) expect(text).not.toMatch(/failed|never within/);
});

test('the ledger is gone: that it is, and what makes it again', async () => {
  await broken.world.sql(`DROP DATABASE ${broken.world.ledger.name}`);
  const missing = `There is no ledger ${broken.world.ledger.name} on this server`;
  const [status, explained, doctor, history] = [
    await broken.run(['status']),
    await broken.run(['explain', broken.nameOf('forbidden')]),
    await broken.run(['doctor']),
    await broken.run(['history']),
  ];
  expect([status.code, explained.code]).toEqual([1, 1]);
  for (const { stdout } of [status, explained, doctor]) {
    // A pipe's lines are broken at 200 columns.
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain(missing);
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain('look at source.url and source.ledger');
  }
  expect(history.stdout).toContain(missing);
});
