import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { purgeSlice } from '../../../src/activities/purgeSlice.ts';
import { Source } from '../../../src/job/source.ts';
import { archive, fill, heal, purge, tableRows } from '../../support/archived.ts';
import { makeWorld, type World } from '../../support/world.ts';

const dayMillis = 86_400_000;

describe.each(['mysql', 'mariadb'] as const)('on %s', (flavor) => {
  let world: World;
  beforeAll(async () => {
    world = await makeWorld(flavor);
  });
  afterAll(() => world.close());

  /** MySQL as a machine that was restored with another time would answer. */
  function shifted(days: number): Source {
    const source = new Source(world.config);
    const open = source.open.bind(source);
    source.open = async (isolation) => {
      const session = await open(isolation);
      const rows = session.rows.bind(session) as (sql: string, values?: readonly unknown[]) => Promise<never[]>;
      session.rows = async (sql: string, values: readonly unknown[] = []) =>
        rows(sql.replaceAll(/UTC_TIMESTAMP\(6?\)/g, `(UTC_TIMESTAMP(6) + INTERVAL ${days} DAY)`), values);
      return session;
    };
    return source;
  }

  const recentDay = new Date(Date.now() - 3 * dayMillis).toISOString().slice(0, 10);
  async function recent(table: string) {
    await fill(world, table, 30, { retention: 'P60D' });
    await world.sql(`UPDATE ${world.name}.${table} SET t = TIMESTAMP('${recentDay}') + INTERVAL id SECOND`);
    await archive(world, table, world.source, recentDay);
  }

  test('a MySQL whose clock is 90 days ahead purges no row within its retention, and says why (P98)', async () => {
    await recent('ahead');
    const source = shifted(90);
    const input = { table: `${world.name}.ahead`, cutoff: '2099-01-01', forMillis: 60_000 };
    const result = await purgeSlice(source, input, world.attempt);
    source.close();
    expect(result).toMatchObject({ done: false, deleted: 0, heldBy: 'clock' });
    expect(result.held).toMatch(/^clocks disagree: MySQL’s says \S+Z, this worker’s \S+Z; nothing is purged until/);
    expect(await tableRows(world, 'ahead')).toHaveLength(30);
    expect(await world.ledger.readPace({ database: world.name, table: 'ahead' })).toContain('clock');
  });

  test('a worker whose clock is two minutes off purges and heals nothing, and goes on by itself once it agrees', async () => {
    await fill(world, 'off', 30);
    await archive(world, 'off');
    let off = -120_000;
    const source = new Source(world.config, () => Date.now() + off);
    expect(await purge(world, 'off', source)).toMatchObject({ done: false, deleted: 0, heldBy: 'clock' });
    expect(await heal(world, 'off', source)).toMatchObject({ heldBy: 'clock' });
    off = 20_000;
    expect(await purge(world, 'off', source)).toMatchObject({ deleted: 30 });
    source.close();
  });

  test('a schedule whose clock is a day ahead of the worker’s purges nothing', async () => {
    await fill(world, 'scheduled', 30);
    await archive(world, 'scheduled');
    const input = { table: `${world.name}.scheduled`, cutoff: '2026-06-01', forMillis: 60_000 };
    const late = { ...world.attempt, scheduledAt: Date.now() + dayMillis };
    expect(await purgeSlice(world.source, input, late)).toMatchObject({
      heldBy: 'clock',
      held: expect.stringContaining('Temporal’s says'),
    });
    // An attempt that waited for a worker is of a while ago.
    const waited = { ...world.attempt, scheduledAt: Date.now() - dayMillis };
    expect(await purgeSlice(world.source, input, waited)).toMatchObject({ deleted: 30 });
  });
});
