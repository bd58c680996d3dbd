import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { healPartition } from '../../../src/activities/healPartition.ts';
import { purgeSlice } from '../../../src/activities/purgeSlice.ts';
import { Source } from '../../../src/job/source.ts';
import type { Flavor } from '../../../src/mysql/session/session.ts';
import { parsePacerState } from '../../../src/pacing/pacerState.ts';
import { archive, day, fill, manifestOf, purge, purgeToEnd } from '../../support/archived.ts';
import { makeWorld, type World } from '../../support/world.ts';

/** An attempt that ends at the first reason to wait, which it keeps. */
function untilHeld() {
  const told: string[] = [];
  const controller = new AbortController();
  const heartbeat = ({ held = '' }: Record<string, string | number>) => {
    if (held === '') return;
    told.push(String(held));
    controller.abort();
  };
  return { told, attempt: { heartbeat, signal: controller.signal } };
}

const flavors: Flavor[] = ['mysql', 'mariadb'];

describe.each(flavors)('under the governor, on %s,', (flavor) => {
  let world: World;
  beforeAll(async () => {
    world = await makeWorld(flavor);
  });
  afterAll(() => world.close());

  test('a day is exported and purged whole, and the ledger says what others felt', async () => {
    await fill(world, 'governed', 200, { pace: 'asap', chunkRows: 20 });
    await archive(world, 'governed');
    const slice = await purge(world, 'governed');
    expect(slice).toMatchObject({ deleted: 200 });
    expect(await world.sql(`SELECT COUNT(*) AS n FROM ${world.name}.governed`)).toEqual([{ n: '0' }]);
    const key = { database: world.name, table: 'governed' };
    const { impact, servo } = parsePacerState(await world.ledger.readPace(key));
    expect(impact).toMatchObject({ limit: 1.1, reason: expect.stringContaining('limit 1.1') });
    expect(impact?.duty).toBeGreaterThanOrEqual(0.01);
    expect(servo).toBeDefined();
  });

  test('a purge waits while what others feel can’t be measured, and deletes nothing', async () => {
    await fill(world, 'unmeasured', 40, { pace: 'steady' });
    await archive(world, 'unmeasured');
    await world.sql(`RENAME TABLE ${world.name}_ledger.canary TO ${world.name}_ledger.away`);
    // A worker of its own, which has measured nothing yet.
    const source = new Source(world.config);
    const { told, attempt } = untilHeld();
    const input = { table: `${world.name}.unmeasured`, cutoff: '2026-06-01', forMillis: 60_000 };
    const slice = await purgeSlice(source, input, attempt);
    await world.sql(`RENAME TABLE ${world.name}_ledger.away TO ${world.name}_ledger.canary`);
    source.close();
    expect(slice.deleted).toBe(0);
    expect(told[0]).toMatch(/^what others feel can't be measured/);
  });

  test('a heal reads under it too: it waits while what others feel can’t be measured, and archives nothing anew', async () => {
    await fill(world, 'healed', 40, { pace: 'asap' });
    await archive(world, 'healed');
    await world.sql(`UPDATE ${world.name}.healed SET note = 'another' WHERE id = 7`);
    expect(await purge(world, 'healed')).toMatchObject({ drifted: true });
    await world.sql(`RENAME TABLE ${world.name}_ledger.canary TO ${world.name}_ledger.away`);
    const source = new Source(world.config);
    const { told, attempt } = untilHeld();
    const input = { table: `${world.name}.healed`, day };
    const threw = await healPartition(source, input, attempt).catch((error) => error);
    await world.sql(`RENAME TABLE ${world.name}_ledger.away TO ${world.name}_ledger.canary`);
    source.close();
    expect(threw).toBeInstanceOf(Error);
    expect(told[0]).toMatch(/^what others feel can't be measured/);
    expect((await manifestOf(world, 'healed')).revision).toBe(1);
    expect(await purgeToEnd(world, 'healed')).toHaveLength(1);
  });
});
