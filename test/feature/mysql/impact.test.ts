import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { Canary } from '../../../src/mysql/impact/canary.ts';
import { ImpactMonitor } from '../../../src/mysql/impact/impactMonitor.ts';
import type { Flavor } from '../../../src/mysql/session/session.ts';
import { makeWorld, type World } from '../../support/world.ts';

const connectionOf = 'SELECT id AS own FROM information_schema.processlist WHERE user = ?';
const idle = new AbortController().signal;
const flavors: Flavor[] = ['mysql', 'mariadb'];

describe.each(flavors)('what others feel, on %s,', (flavor) => {
  let world: World;
  const monitors: ImpactMonitor[] = [];
  beforeAll(async () => {
    world = await makeWorld(flavor);
  });
  afterEach(() => {
    for (const monitor of monitors.splice(0)) monitor.close();
  });
  afterAll(() => world.close());

  const monitor = () => {
    const made = new ImpactMonitor(world.config.source);
    monitors.push(made);
    return made;
  };
  /** A monitor that asks as a user of its own. */
  async function asUser(user: string, rights: string): Promise<ImpactMonitor> {
    await world.sql(`CREATE USER '${user}'@'%' IDENTIFIED BY 'secret'`);
    await world.sql(`GRANT ${rights} ON ${world.name}_ledger.* TO '${user}'@'%'`);
    const made = new ImpactMonitor({ ...world.config.source, user, password: 'secret' });
    monitors.push(made);
    return made;
  }

  test('is measured while it works and while it rests', async () => {
    const measured = monitor();
    const work = {};
    let working = true;
    const toggle = setInterval(() => {
      if (working) measured.begin(work);
      else measured.end(work);
      working = !working;
    }, 400);
    try {
      const felt = await vi.waitUntil(async () => (await measured.look(work, idle)).felt, {
        timeout: 20_000,
        interval: 200,
      });
      expect(felt.work).toBeGreaterThan(0);
      expect(felt.rest).toBeGreaterThan(0);
      expect((await measured.look(work, idle)).held).toBeUndefined();
    } finally {
      clearInterval(toggle);
    }
  });

  test('holds while another transaction locks the canary’s row, says so, and goes on afterwards', async () => {
    const measured = monitor();
    const work = {};
    expect((await measured.look(work, idle)).held).toBeUndefined();
    const locker = await world.source.open('READ COMMITTED');
    await locker.execute('START TRANSACTION');
    await locker.rows(`SELECT * FROM ${world.name}_ledger.canary FOR UPDATE`);
    const held = await vi.waitUntil(async () => (await measured.look(work, idle)).held, { timeout: 10_000 });
    expect(held).toMatch(/^the server stalls: the canary has waited for \d s to read and write its row$/);
    await locker.execute('ROLLBACK');
    locker.close();
    await vi.waitUntil(async () => (await measured.look(work, idle)).held === undefined, { timeout: 10_000 });
  });

  test('goes on being measured after the canary’s connection is killed', async () => {
    const user = `killed_${world.name}`;
    const measured = await asUser(user, 'SELECT, INSERT, UPDATE, DELETE');
    const connection = async () => (await world.sql(connectionOf, [user]))[0]?.own;
    const work = {};
    expect((await measured.look(work, idle)).held).toBeUndefined();
    const killed = await connection();
    await world.sql(`KILL ${killed}`);
    const again = async () => [(await measured.look(work, idle)).held, (await connection()) ?? killed];
    await expect.poll(again, { timeout: 10_000 }).toEqual([undefined, expect.not.stringMatching(`^${killed}$`)]);
  });

  test('holds where the canary can’t write, and names why', async () => {
    const user = `reader_${world.name}`;
    const measured = await asUser(user, 'SELECT');
    const work = {};
    const { held } = await measured.look(work, idle);
    expect(held).toMatch(/^what others feel can't be measured: .*denied/);
    await world.sql(`GRANT INSERT, UPDATE, DELETE ON ${world.name}_ledger.* TO '${user}'@'%'`);
    await vi.waitUntil(async () => (await measured.look(work, idle)).held === undefined, { timeout: 10_000 });
  });

  test('the works of all workers are counted, and no longer once one has left', async () => {
    const [one, other] = [monitor(), monitor()];
    const [first, second, third] = [{}, {}, {}];
    await other.look(second, idle);
    await other.look(third, idle);
    const all = async () => {
      await Promise.all([other.look(second, idle), other.look(third, idle)]);
      return (await one.look(first, idle)).works;
    };
    await expect.poll(all, { timeout: 10_000 }).toBe(3);
    other.close();
    await expect.poll(async () => (await one.look(first, idle)).works, { timeout: 10_000 }).toBe(1);
  });

  test('the canary of a ledger that lacks its table says which', async () => {
    await expect(Canary.open({ ...world.config.source, ledger: 'nowhere' })).rejects.toThrow(/nowhere/);
  });
});
