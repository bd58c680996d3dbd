import { afterAll, beforeAll, expect, test } from 'vitest';
import { exportPartition } from '../../../src/activities/exportPartition.ts';
import { archiveId, purgeId } from '../../../src/workflows/ids.ts';
import { archiveTable, purgeTable } from '../../../src/workflows/index.ts';
import { type PurgeProgress, progress } from '../../../src/workflows/purge/messages.ts';
import { sediment } from '../../support/command.ts';
import { day, fortyRows, makeOperated, type Operated } from '../../support/operatedCli.ts';

let operated: Operated;
beforeAll(async () => {
  operated = await makeOperated((world) =>
    ['purged', 'twice', 'exported', 'paged'].map(
      (table) => `{ table: ${world}.${table}, timeColumn: t, purge: enabled, pace: full, chunkRows: 1 }`,
    ),
  );
});
afterAll(() => operated?.close());

const run = (...args: string[]) => sediment([...args, '-c', operated.config], operated.env);

test('a purge that runs is paused with all others, paced, and goes on to its end when all are resumed', async () => {
  const { world, scene, archived, rowsLeft } = operated;
  const table = await archived('purged');
  await run('pause', '--all', '--reason', 'before it begins');
  const handle = await scene.client.workflow.start(purgeTable, {
    taskQueue: 'sediment',
    workflowId: purgeId(world.name, table),
    args: [{ source: world.name, table, cutoff: '2026-06-01', timeouts: { waitMillis: 1_000 } }],
  });
  const shown = () => handle.query<PurgeProgress>(progress);
  await expect.poll(async () => (await shown()).held).toContain('before it begins');
  expect(await run('pause', '--all', '--reason', 'month-end close')).toMatchObject({ code: 0 });
  expect(await shown()).toMatchObject({ paused: { reason: 'month-end close' } });
  expect(await world.sql(`SELECT scope FROM ${world.name}_ledger.holds`)).toEqual([{ scope: '*' }]);
  expect(await run('pace', table, '--asap', '--target-millis', '100', '--rest-ratio', '0.5')).toMatchObject({
    code: 0,
    stdout: `${table} goes at what others’ latency allows, 100 ms a transaction, a rest of 0.5 × what each took, until this purge ends.\n`,
  });
  expect((await shown()).pace).toEqual({ pace: 'asap', targetMillis: 100, restRatio: 0.5 });
  expect(await run('pace', table, '--policy')).toMatchObject({ stdout: `${table} goes at its policy’s own pace.\n` });
  expect((await shown()).pace).toBeNull();
  expect(await rowsLeft(table)).toBe(40);
  const resumed = await run('resume', '--all');
  expect(resumed).toMatchObject({ code: 0, stdout: expect.stringContaining('Every table goes on') });
  expect(await handle.result()).toMatchObject({ deleted: 40 });
  expect(await rowsLeft(table)).toBe(0);
});

test('resume --all releases the pause of all, not a table’s own of the same owner and reason', async () => {
  const { world, scene, archived, rowsLeft } = operated;
  const table = await archived('twice');
  const holds = () => world.sql(`SELECT scope FROM ${world.name}_ledger.holds ORDER BY scope`);
  await run('pause', table, '--reason', 'month-end close');
  const handle = await scene.client.workflow.start(purgeTable, {
    taskQueue: 'sediment',
    workflowId: purgeId(world.name, table),
    args: [{ source: world.name, table, cutoff: '2026-06-01', timeouts: { waitMillis: 1_000 } }],
  });
  const shown = () => handle.query<PurgeProgress>(progress);
  await expect.poll(async () => (await shown()).held).toContain('month-end close');
  expect(await run('pause', '--all', '--reason', 'month-end close')).toMatchObject({ code: 0 });
  expect(await shown()).toMatchObject({ paused: { reason: 'month-end close' } });
  // The pause of all is one row: no purge writes it again under its table's name.
  expect(await holds()).toEqual([{ scope: '*' }, { scope: table }]);
  expect(await run('resume', '--all')).toMatchObject({
    code: 3,
    stdout: expect.stringContaining(`${table} is still held by `),
  });
  expect(await holds()).toEqual([{ scope: table }]);
  expect(await shown()).toMatchObject({ paused: { reason: 'month-end close' } });
  expect(await rowsLeft(table)).toBe(40);
  expect(await run('resume', table)).toMatchObject({ code: 0 });
  expect(await handle.result()).toMatchObject({ deleted: 40 });
  expect(await holds()).toEqual([]);
});

test('pause --exports holds exports too: none begins, status says so, and a resume lets them go on', async () => {
  const { world, scene } = operated;
  const table = `${world.name}.exported`;
  await world.sql(`CREATE TABLE ${table} (id INT PRIMARY KEY, note VARCHAR(20), t DATETIME NOT NULL, KEY (t))`);
  await world.sql(fortyRows(table));
  const paused = await run('pause', table, '--exports', '--reason', 'month-end close');
  expect(paused.stdout).toContain('Exports are held too: each ends at its next page, and goes on after the pause.');
  const handle = await scene.client.workflow.start(archiveTable, {
    taskQueue: 'sediment',
    workflowId: archiveId(world.name, table, day),
    args: [{ source: world.name, table, day }],
  });
  const failure = async () => (await handle.describe()).raw.pendingActivities?.[0]?.lastFailure?.message;
  await expect.poll(failure).toMatch(/exported is held by .+, exports too: month-end close/);
  expect(await world.ledger.days(world.name, 'exported')).toEqual([]);
  expect((await run('status')).stdout).toContain(`${table} is paused, exports too, since `);
  await run('resume', table);
  expect(await handle.result()).toMatchObject({ rows: 40 });
});

test('an export under way ends at a page once exports are held, and a later one goes on after what was uploaded', async () => {
  const { world, source } = operated;
  const table = `${world.name}.paged`;
  await world.sql(`CREATE TABLE ${table} (id INT PRIMARY KEY, note VARCHAR(20), t DATETIME NOT NULL, KEY (t))`);
  // Pages of a row: a second's worth at least, and the hold is looked for four times in one.
  const rows = Array.from({ length: 1_000 }, (_, id) => `(${id}, 'as it was', '${day}' + INTERVAL ${id} SECOND)`);
  await world.sql(`INSERT INTO ${table} VALUES ${rows.join(',')}`);
  const hold = { scope: table, owner: 'oncall', reason: 'month-end close', until: null };
  let written: Promise<void> | undefined;
  const heartbeat = () => {
    written ??= world.ledger.putHold({ ...hold, exports: true });
  };
  const input = { table, day };
  await expect(exportPartition(source, input, { ...world.attempt, heartbeat })).rejects.toThrow(
    /is held by oncall, exports/,
  );
  await written;
  await world.ledger.putHold(hold);
  // A hold that doesn't name exports holds none.
  expect(await exportPartition(source, input, world.attempt)).toMatchObject({ rows: 1_000 });
  await world.ledger.dropHold(table);
});
