import { afterAll, beforeAll, expect, test } from 'vitest';
import { addDays, type Day, parseDay } from '../../../src/model/day.ts';
import { interrupted, sediment } from '../../support/command.ts';
import { makeOperated, type Operated } from '../../support/operatedCli.ts';
import { makeScene } from '../../support/temporalScene.ts';

let operated: Operated;
let today: Day;
const days = (back: number) => addDays(today, -back);

beforeAll(async () => {
  operated = await makeOperated((world) => [
    `{ table: ${world}.orders, timeColumn: t, purge: enabled, retention: P7D }`,
    `{ table: ${world}.gone, timeColumn: t }`,
    `{ table: ${world}.misspelt, timeColumn: bookd_at }`,
  ]);
  const { world } = operated;
  const [clock] = await world.sql('SELECT UTC_DATE() AS today');
  today = parseDay(String(clock?.today));
  await world.sql(`CREATE TABLE ${world.name}.orders (id INT PRIMARY KEY, t DATETIME NOT NULL, KEY (t))`);
  await world.sql(`CREATE TABLE ${world.name}.misspelt (id INT PRIMARY KEY, booked_at DATETIME NOT NULL)`);
  for (const back of [9, 3, 1])
    await world.sql(`INSERT INTO ${world.name}.orders VALUES (${back}, '${days(back)} 12:00:00')`);
});
afterAll(() => operated?.close());

const run = (...args: string[]) => sediment([...args, '-c', operated.config], operated.env);
const left = async () => {
  const rows = await operated.world.sql(`SELECT id FROM ${operated.world.name}.orders ORDER BY id`);
  return rows.map(({ id }) => Number(id));
};

test('run archives yesterday and every gap, starts the purges, and names refused tables by exit 3', async () => {
  const done = await run('run');
  expect(done).toMatchObject({ code: 3, stderr: '' });
  expect(done.stdout).toMatch(/^9 days of tables archived, 3 rows\. Purges that are due were started: sediment status/);
  expect(done.stdout).toMatch(/^\w+\.gone refused: /m);
  expect(done.stdout).toMatch(/^\w+\.misspelt refused: .*no column bookd_at; did you mean timeColumn: booked_at\?$/m);
  await expect.poll(left).toEqual([1, 3]);
});

test('schedule trigger has the schedule run it, and follows it to its end', async () => {
  const { world } = operated;
  expect(await run('schedule', 'trigger')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('declare it with: sediment schedule apply'),
  });
  await run('schedule', 'apply');
  await world.sql(`INSERT INTO ${world.name}.orders VALUES (90, '${days(9)} 13:00:00')`);
  const done = await run('schedule', 'trigger', '--json');
  expect(JSON.parse(done.stdout)).toMatchObject({
    version: 1,
    workflow: expect.stringMatching(/^daily\/\w+-20/),
    refused: { [`${world.name}.gone`]: expect.any(String) },
  });
  expect(done.code).toBe(3);
  await expect.poll(left).toEqual([1, 3]);
});

test('Ctrl-C stops following: the run goes on, and the command says how to look at it', async () => {
  const { world, config } = operated;
  // No worker polls in a namespace of its own.
  const scene = await makeScene();
  const env = { TEMPORAL_NAMESPACE: scene.namespace };
  const left = await interrupted(['run', '-c', config], env, /no worker of \S+ is up; this waits for one/);
  expect(left.stderr).toMatch(
    /the daily run any more, and it goes on\. Look at it with sediment status --watch; follow it again with sediment run\n$/,
  );
  expect([left.code, left.stdout]).toEqual([130, '']);
  const handle = scene.client.workflow.getHandle(`daily/${world.name}/now`);
  expect((await handle.describe()).status.name).toBe('RUNNING');
  await handle.terminate();
  await scene.close();
});
