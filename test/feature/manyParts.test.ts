import { afterAll, beforeAll, expect, test } from 'vitest';
import { auditPartition } from '../../src/activities/auditPartition.ts';
import { commitManifest } from '../../src/activities/commitManifest.ts';
import { exportPartition } from '../../src/activities/exportPartition.ts';
import { verifyPartition } from '../../src/activities/verifyPartition.ts';
import { archivedRows, day, fill, partition, tableRows } from '../support/archived.ts';
import type { Work } from '../support/crashedDay.ts';
import { attempt } from '../support/faultMatrix.ts';
import { purgeAll } from '../support/job.ts';
import { Wire } from '../support/wire.ts';
import { makeWorld, type World } from '../support/world.ts';

let world: World;
beforeAll(async () => {
  world = await makeWorld('mysql');
});
afterAll(() => world.close());

/** How many statements and requests each step of a day's life takes, where each row is a part of its own. */
async function stepsOf(parts: number): Promise<Record<string, number>> {
  const table = `of_${parts}`;
  await fill(world, table, parts, { chunkRows: 1, partBytes: 1 });
  const input = { table: `${world.name}.${table}`, day };
  const activities: Record<string, Work> = {
    export: (source) => exportPartition(source, input, world.attempt),
    verify: (source) => verifyPartition(source, input, world.attempt),
    commit: (source) => commitManifest(source, input, world.attempt),
    audit: (source) => auditPartition(source, input, world.attempt),
    change: () => world.sql(`UPDATE ${world.name}.${table} SET note = 'changed' WHERE id % 5 = 0`),
    'heal and purge': (source) => purgeAll(world, { database: world.name, table }, source),
  };
  const steps: Record<string, number> = {};
  for (const [name, activity] of Object.entries(activities)) {
    const wire = await Wire.open(world.config);
    expect(await attempt(wire, activity)).toBe(undefined);
    steps[name] = wire.steps.length;
  }
  expect(await partition(world, table)).toMatchObject({ state: 'purged', rowsDeleted: parts, rowsChanged: parts / 5 });
  expect(await tableRows(world, table)).toEqual([]);
  expect(await archivedRows(world, table)).toHaveLength(parts);
  return steps;
}

test('a day of four times the parts takes no more statements and requests for each: nothing is quadratic', async () => {
  const [few, many] = [await stepsOf(5), await stepsOf(20)];
  for (const [name, steps] of Object.entries(many))
    expect([name, steps / 20 <= Number(few[name]) / 5]).toEqual([name, true]);
}, 120_000);
