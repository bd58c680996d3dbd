import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { planDay } from '../../../src/activities/planDay.ts';
import { policyFile, policyText, sediment } from '../../support/command.ts';
import { makeWorld, type World } from '../../support/world.ts';

describe.each(['mysql', 'mariadb'] as const)('a table that is refused on %s', (flavor) => {
  let world: World;
  beforeAll(async () => {
    world = await makeWorld(flavor);
  });
  afterAll(() => world.close());

  /** What the daily run plans, at its time. */
  const plan = async () => {
    const at = new Date().toISOString();
    return (await planDay(world.source, { scheduledTime: at, startedAt: at }, world.attempt)).tables;
  };
  const refusals = (table: string) =>
    world.sql(`SELECT work, day, reason, remedy, since FROM ${world.ledger.name}.refusals WHERE table_name = ?`, [
      table,
    ]);
  const status = async (table: string) => {
    const url = `mysql://root@127.0.0.1:${inject('stack')[flavor].port}`;
    const tables = [`{ table: ${world.name}.${table}, timeColumn: t, purge: enabled, pace: full }`];
    const config = policyFile(policyText({ name: world.name, url, tables }));
    const { code, stdout } = await sediment(['status', '--json', '-c', config]);
    return { code, table: JSON.parse(stdout).tables[0] };
  };

  test('stands in the ledger with why and since when, until a run opens it', async () => {
    await world.sql(`CREATE TABLE ${world.name}.keyless (id INT, t DATETIME NOT NULL, KEY (t))`);
    world.add({ table: 'keyless', timeColumn: 't' });
    expect(await plan()).toMatchObject([{ refused: expect.stringContaining('no primary key') }]);
    const [first] = await refusals('keyless');
    expect(first).toMatchObject({ work: 'plan', day: '', reason: expect.stringContaining('no primary key') });
    expect(first?.remedy).not.toBeNull();
    await plan();
    expect(await refusals('keyless')).toEqual([first]);
    expect(await status('keyless')).toMatchObject({
      code: 3,
      table: {
        state: { kind: 'refused', reason: first?.reason, since: expect.stringMatching(/^\d{4}-\d\d-\d\dT.+Z$/) },
      },
    });

    await world.sql(`ALTER TABLE ${world.name}.keyless ADD PRIMARY KEY (id), CHANGE t u DATETIME NOT NULL`);
    await plan();
    const [other] = await refusals('keyless');
    expect(other?.reason).not.toBe(first?.reason);
    expect(String(other?.since) > String(first?.since)).toBe(true);

    await world.sql(`ALTER TABLE ${world.name}.keyless CHANGE u t DATETIME NOT NULL`);
    expect(await plan()).toMatchObject([{ days: [{}] }]);
    expect(await refusals('keyless')).toEqual([]);
    const events = await world.sql(
      `SELECT event FROM ${world.ledger.name}.history WHERE table_name = 'keyless' ORDER BY number`,
    );
    expect(events.map(({ event }) => event)).toEqual(['refused', 'refused', 'opened']);
    const runs = await world.sql(
      `SELECT detail FROM ${world.ledger.name}.history WHERE event = 'begun' ORDER BY number`,
    );
    expect(runs.map(({ detail }) => JSON.parse(String(detail)))).toEqual([
      { run: 'daily', tables: 1, days: 0, refused: 1, failed: 0 },
      { run: 'daily', tables: 1, days: 0, refused: 1, failed: 0 },
      { run: 'daily', tables: 1, days: 0, refused: 1, failed: 0 },
      { run: 'daily', tables: 1, days: 1, refused: 0, failed: 0 },
    ]);
    // Opened, and its first day isn't archived yet, because no worker is up.
    expect(await status('keyless')).toMatchObject({
      code: 1,
      table: { refused: null, look: { missingDays: 1 }, state: { kind: 'waiting', for: 'worker' } },
    });
    world.config.tables.length = 0;
  });

  test('is one that was renamed, and one that was dropped, too', async () => {
    for (const table of ['renamed', 'dropped']) {
      await world.sql(`CREATE TABLE ${world.name}.${table} (id INT PRIMARY KEY, t DATETIME NOT NULL, KEY (t))`);
      world.add({ table, timeColumn: 't' });
    }
    await plan();
    await world.sql(`RENAME TABLE ${world.name}.renamed TO ${world.name}.other_name`);
    await world.sql(`DROP TABLE ${world.name}.dropped`);
    await plan();
    for (const table of ['renamed', 'dropped'])
      expect(await status(table)).toMatchObject({
        code: 3,
        table: { state: { kind: 'refused', reason: expect.stringContaining('there is no such table') } },
      });
    world.config.tables.length = 0;
  });
});
