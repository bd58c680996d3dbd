import { afterAll, beforeAll, expect, test } from 'vitest';
import { planDay } from '../../../src/activities/planDay.ts';
import { policyFile, policyText, sediment } from '../../support/command.ts';
import { makeWorld, type World } from '../../support/world.ts';

let world: World;
let config: string;

beforeAll(async () => {
  world = await makeWorld('mysql');
  const table = `{ table: ${world.name}.refused, timeColumn: t, purge: enabled }`;
  config = policyFile(policyText({ name: world.name, tables: [table] }));
});
afterAll(() => world?.close());

test('a table that the daily run refused: status and explain say why, since when, and what to do', async () => {
  const name = `${world.name}.refused`;
  await world.sql(`CREATE TABLE ${name} (id INT NOT NULL, t DATETIME NOT NULL, KEY (t))`);
  world.add({ table: 'refused', timeColumn: 't' });
  const at = new Date().toISOString();
  await planDay(world.source, { scheduledTime: at, startedAt: at }, world.attempt);
  const [status, explained, text] = await Promise.all([
    sediment(['status', name, '--json', '-c', config]),
    sediment(['explain', name, '--json', '-c', config]),
    sediment(['explain', name, '-c', config]),
  ]);
  const [found] = JSON.parse(status.stdout).tables;
  const document = JSON.parse(explained.stdout);
  expect([status.code, explained.code, text.code]).toEqual([3, 3, 3]);
  expect(found.state).toMatchObject({
    kind: 'refused',
    reason: expect.stringContaining('no primary key'),
    since: expect.any(String),
  });
  expect(document).toMatchObject({ state: found.state, command: `sediment doctor ${name}` });
  expect(text.stdout).toMatch(/refused since .+no primary key/s);
  expect(text.stdout).toContain('refused now: ');
});

test('MySQL is gone: one line that names the address, and the config’s key', async () => {
  const url = 'mysql://root@127.0.0.1:9';
  const tables = [`{ table: ${world.name}.held, timeColumn: t }`];
  const file = policyFile(policyText({ name: world.name, url, tables }));
  for (const command of [['status'], ['explain', `${world.name}.held`]]) {
    const { code, stderr } = await sediment([...command, '-c', file]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/no MySQL server answers there; look at source\.url .+127\.0\.0\.1:9/);
  }
});
