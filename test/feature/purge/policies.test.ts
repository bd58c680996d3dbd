import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { TablePolicy } from '../../../src/config/policy.ts';
import { Source } from '../../../src/job/source.ts';
import { recordPolicies } from '../../../src/ledger/policies.ts';
import { archive, fill, heal, purge, tableRows } from '../../support/archived.ts';
import { makeWorld, type World } from '../../support/world.ts';

let world: World;
let tables = 0;
let table = '';
beforeAll(async () => {
  world = await makeWorld('mysql');
});
afterAll(() => world.close());
beforeEach(async () => {
  table = `policies${tables++}`;
  await fill(world, table, 30);
  await archive(world, table);
});

/** A worker that started with another policy of the table. */
async function started(more: Partial<TablePolicy>): Promise<Source> {
  const { config } = world;
  const changed = config.tables.map((each) => (each.table === table ? { ...each, ...more } : each));
  await recordPolicies(world.ledger, changed);
  return new Source({ ...config, tables: changed });
}

const closed = () => {
  const hour = (new Date().getUTCHours() + 12) % 24;
  return `${String(hour).padStart(2, '0')}:00-${String((hour + 1) % 24).padStart(2, '0')}:00 UTC`;
};

test.each<[string, Partial<TablePolicy>, object]>([
  [
    'purge: disabled',
    { purge: 'disabled' },
    { done: true, deleted: 0, held: expect.stringMatching(/newer than this worker’s says purge: disabled/) },
  ],
  ['a longer retention', { retention: 'P50Y' }, { done: true, deleted: 0 }],
  ['a fuse', { maxRowsPerDay: 10 }, { done: false, deleted: 10, heldBy: 'fuse' }],
  [
    'a window',
    { window: closed() },
    {
      done: false,
      deleted: 0,
      heldBy: 'window',
      held: expect.stringMatching(/by a newer policy than this worker’s|newer policy/),
    },
  ],
])('a worker of an older config does no more than a newer one’s %s allows', async (_, more, expected) => {
  (await started(more)).close();
  expect(await purge(world, table)).toMatchObject(expected);
});

test('a worker of the newer config does no more than its own policy allows, though the older is recorded', async () => {
  const strict = await started({ purge: 'disabled' });
  await recordPolicies(world.ledger, world.config.tables);
  expect(await purge(world, table, strict)).toMatchObject({ done: true, deleted: 0 });
  strict.close();
  expect(await purge(world, table)).toMatchObject({ deleted: 30 });
});

test('a heal is off where a newer policy says drift: stop', async () => {
  (await started({ drift: 'stop' })).close();
  await world.sql(`UPDATE ${world.name}.${table} SET amount = amount + 1 WHERE id = 3`);
  await expect(heal(world, table)).rejects.toThrow(/healing is off/);
});

test('policies that mean other rows by a day stop the table, with both', async () => {
  (await started({ zone: 'Europe/Berlin' })).close();
  await expect(purge(world, table)).rejects.toThrow(/this worker's policy says zone: UTC, .* says Europe\/Berlin/);
  expect(await tableRows(world, table)).toHaveLength(30);
});

test('a worker that starts with what is recorded changes nothing, and another policy replaces it', async () => {
  const when = async () =>
    (await world.sql(`SELECT recorded_at FROM ${world.ledger.name}.policies WHERE table_name = '${table}'`))[0]
      ?.recorded_at;
  await recordPolicies(world.ledger, world.config.tables);
  const first = await when();
  await recordPolicies(world.ledger, world.config.tables);
  expect(await when()).toBe(first);
  (await started({ maxRowsPerDay: 50 })).close();
  expect(await when()).not.toBe(first);
});
