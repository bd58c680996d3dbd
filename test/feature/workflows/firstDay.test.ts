import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { planBackfill } from '../../../src/activities/planBackfill.ts';
import { planDay } from '../../../src/activities/planDay.ts';
import type { TablePolicy } from '../../../src/config/policy.ts';
import { archiveDay } from '../../support/job.ts';
import { makeWorld, type World } from '../../support/world.ts';

let world: World;
beforeAll(async () => {
  world = await makeWorld('mysql');
});
afterAll(() => world.close());

/** What a timely run for 2026-01-07 finds to archive of the table. */
async function planned(table: string) {
  const [scheduledTime, startedAt] = ['2026-01-08T01:30:00Z', '2026-01-08T01:31:00Z'];
  const { tables } = await planDay(world.source, { scheduledTime, startedAt }, world.attempt);
  return tables.find((each) => each.table === `${world.name}.${table}`);
}

/** The run's own day comes first in every plan. */
const own = { from: '2026-01-07', to: '2026-01-07' };
const epoch = (instant: string) => String(Date.parse(instant) / 1000);
const columns: Record<string, { type: string; more?: Partial<TablePolicy>; write: (day: string) => string }> = {
  datetime: { type: 'DATETIME(6)', write: (day) => `'${day} 23:59:59.999999'` },
  date: { type: 'DATE', write: (day) => `'${day}'` },
  timestamp: { type: 'TIMESTAMP', more: { zone: 'Europe/Berlin' }, write: (day) => `'${day} 22:59:59'` },
  epoch: { type: 'BIGINT', more: { timeKind: 'epochSeconds' }, write: (day) => epoch(`${day}T00:00:00Z`) },
};

describe.each(Object.entries(columns))('of %s', (name, { type, more, write }) => {
  test('rows that come late, from before the recorded first day, are archived: their days, and no empty one between', async () => {
    await world.sql(`CREATE TABLE ${world.name}.t_${name} (id INT PRIMARY KEY, t ${type} NOT NULL, KEY (t))`);
    world.add({ table: `t_${name}`, timeColumn: 't', ...more });
    const insert = (id: number, day: string) =>
      world.sql(`INSERT INTO ${world.name}.t_${name} VALUES (${id}, ${write(day)})`);
    await insert(1, '2026-01-05');
    const table = { database: world.name, table: `t_${name}` };
    await archiveDay(world, table, '2026-01-05');
    expect((await planned(`t_${name}`))?.days).toEqual([own, { from: '2026-01-06', to: '2026-01-06' }]);
    await insert(2, '2019-03-02');
    await insert(3, '2026-01-03');
    await insert(4, '2026-01-04');
    expect((await planned(`t_${name}`))?.days).toEqual([
      own,
      { from: '2019-03-02', to: '2019-03-02' },
      { from: '2026-01-03', to: '2026-01-04' },
      { from: '2026-01-06', to: '2026-01-06' },
    ]);
    const range = { from: '2026-01-01', to: '2026-01-03', tables: [`${world.name}.t_${name}`] };
    expect((await planBackfill(world.source, range, world.attempt)).tables).toMatchObject([
      { days: [{ from: '2026-01-03', to: '2026-01-03' }] },
    ]);
    await archiveDay(world, table, '2019-03-02');
    expect((await planned(`t_${name}`))?.days[1]).toEqual({ from: '2026-01-03', to: '2026-01-04' });
  });
});

test('where the policy names the first day, older rows are left where they are', async () => {
  await world.sql(`CREATE TABLE ${world.name}.said (id INT PRIMARY KEY, t DATETIME NOT NULL, KEY (t))`);
  await world.sql(`INSERT INTO ${world.name}.said VALUES (1, '2026-01-03 10:00:00'), (2, '2026-01-06 10:00:00')`);
  world.add({ table: 'said', timeColumn: 't', firstDay: '2026-01-06' });
  expect((await planned('said'))?.days).toEqual([own, { from: '2026-01-06', to: '2026-01-06' }]);
});

test('a firstDay that is moved back is taken, by the daily run and by a backfill', async () => {
  await world.sql(`CREATE TABLE ${world.name}.moved (id INT PRIMARY KEY, t DATETIME NOT NULL, KEY (t))`);
  await world.sql(`INSERT INTO ${world.name}.moved VALUES (1, '2026-01-03 10:00:00'), (2, '2026-01-06 10:00:00')`);
  world.add({ table: 'moved', timeColumn: 't', firstDay: '2026-01-06' });
  await archiveDay(world, { database: world.name, table: 'moved' }, '2026-01-06');
  for (const policy of world.config.tables) if (policy.table === 'moved') policy.firstDay = '2026-01-02';
  expect((await planned('moved'))?.days).toEqual([own, { from: '2026-01-02', to: '2026-01-05' }]);
  const range = { from: '2026-01-01', to: '2026-01-03', tables: [`${world.name}.moved`] };
  expect((await planBackfill(world.source, range, world.attempt)).tables).toMatchObject([
    { days: [{ from: '2026-01-02', to: '2026-01-03' }] },
  ]);
  await archiveDay(world, { database: world.name, table: 'moved' }, '2026-01-03');
  expect((await world.ledger.readTable(world.name, 'moved'))?.firstDay).toBe('2026-01-02');
});

test('a row of 1900 keeps no day waiting: yesterday first, that row’s own day, and no empty day between', async () => {
  await world.sql(`CREATE TABLE ${world.name}.sentinel (id INT PRIMARY KEY, t DATETIME NOT NULL, KEY (t))`);
  await world.sql(
    `INSERT INTO ${world.name}.sentinel VALUES (1, '1900-01-01'), (2, '1970-01-01'), (3, '2026-01-04'), (4, '2026-01-07'), (5, '9999-12-31')`,
  );
  world.add({ table: 'sentinel', timeColumn: 't' });
  const days = [
    own,
    { from: '1900-01-01', to: '1900-01-01' },
    { from: '1970-01-01', to: '1970-01-01' },
    { from: '2026-01-04', to: '2026-01-06' },
  ];
  expect((await planned('sentinel'))?.days).toEqual(days);
  await archiveDay(world, { database: world.name, table: 'sentinel' }, '2026-01-07');
  expect((await planned('sentinel'))?.days).toEqual(days.slice(1));
  expect((await world.ledger.readTable(world.name, 'sentinel'))?.firstDay).toBe('2026-01-04');
});
