import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { commitManifest } from '../../../src/activities/commitManifest.ts';
import { exportPartition } from '../../../src/activities/exportPartition.ts';
import { verifyPartition } from '../../../src/activities/verifyPartition.ts';
import { forbidWriting } from '../../../src/cli/readOnly.ts';
import { Source } from '../../../src/job/source.ts';
import { policyFile, policyText, sediment } from '../../support/command.ts';
import { Wire } from '../../support/wire.ts';
import { makeWorld, type World } from '../../support/world.ts';

describe.each(['mysql', 'mariadb'] as const)('plan on %s', (flavor) => {
  let world: World;
  let tables: string[];
  let config: string;

  /** A policy file whose user may only look: whatever would write is refused by the server. */
  const lookingAt = (port: number) =>
    policyFile(policyText({ name: world.name, url: `mysql://${world.name}:looks@127.0.0.1:${port}`, tables }));

  beforeAll(async () => {
    world = await makeWorld(flavor);
    const { name } = world;
    await world.sql(
      `CREATE TABLE ${name}.orders (id INT AUTO_INCREMENT PRIMARY KEY, t DATETIME(6) NOT NULL, KEY by_time (t))`,
    );
    await world.sql(`CREATE TABLE ${name}.keyless (id INT, t DATETIME NOT NULL, KEY (t))`);
    for (const day of ['2026-01-05', '2026-01-06', '2026-01-07'])
      await world.sql(`INSERT INTO ${name}.orders (t) VALUES ('${day} 10:00:00'), ('${day} 11:00:00')`);
    world.add({ table: 'orders', timeColumn: 't' });
    const input = { table: `${name}.orders`, day: '2026-01-05' };
    await exportPartition(world.source, input, world.attempt);
    await verifyPartition(world.source, input, world.attempt);
    await commitManifest(world.source, input, world.attempt);
    await world.sql(`CREATE USER '${name}'@'%' IDENTIFIED BY 'looks'`);
    // PROCESS and TRIGGER only to see what MySQL hides without them.
    await world.sql(`GRANT SELECT, TRIGGER ON ${name}.* TO '${name}'@'%'`);
    await world.sql(`GRANT PROCESS ON *.* TO '${name}'@'%'`);
    await world.sql(`GRANT SELECT ON ${name}_ledger.* TO '${name}'@'%'`);
    tables = ['orders', 'keyless'].map(
      (table) =>
        `{ table: ${name}.${table}, timeColumn: t, retention: P60D, purge: enabled, pace: full, firstDay: 2026-01-05 }`,
    );
    config = lookingAt(inject('stack')[flavor].port);
  });
  afterAll(() => world.close());

  async function everything(): Promise<unknown> {
    const tables = await world.sql(
      `SELECT CONCAT(TABLE_SCHEMA, '.', TABLE_NAME) AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA LIKE '${world.name}%' ORDER BY 1`,
    );
    const sums = [];
    for (const { name } of tables) sums.push(...(await world.sql(`CHECKSUM TABLE ${name}`)));
    return { sums, objects: await world.source.store.listObjects('') };
  }

  test('it says what would be archived, purged and refused, by a user that may only look, and writes nothing (P52)', async () => {
    const before = await everything();
    const { code, stdout, stderr } = await sediment(['plan', '--json', '-c', config]);
    expect([code, stderr]).toEqual([0, '']);
    const [orders, keyless] = JSON.parse(stdout).tables;
    expect(keyless).toMatchObject({ refused: expect.stringContaining('no primary key') });
    expect(orders).toMatchObject({
      refused: null,
      // Closed days from the one after the first: as many as the calendar has since, of which two have rows.
      archive: { from: '2026-01-06', rows: expect.any(Number) },
      purge: { from: '2026-01-05' },
      deletes: {
        index: 'by_time',
        explain: { access: 'range', index: 'by_time' },
        statement: expect.stringContaining("`t` >= '2026-01-05 00:00:00'"),
      },
    });
    expect([orders.archive.rows, orders.purge.rows]).toEqual([4, 6]);
    // Status counts the same rows of the days that aren't archived yet.
    const status = JSON.parse((await sediment(['status', '--json', '-c', config])).stdout).tables[0];
    expect(status).toMatchObject({ rowsDue: 2, missingRows: { rows: 4, counted: true } });
    expect(await everything()).toEqual(before);
  });

  test('it forbids itself to write before all else, and only asks (P52)', async () => {
    const wire = await Wire.open(world.config);
    expect(await sediment(['plan', '--json', '-c', lookingAt(wire.config.source.port)])).toMatchObject({ code: 0 });
    await wire.close();
    const forbidden = wire.steps.indexOf('sql SET SESSION TRANSACTION READ ONLY');
    const [pins, others] = [wire.steps.slice(0, forbidden), wire.steps.slice(forbidden + 1)];
    // Before it the session is set up, which asks for no table.
    expect(pins.filter((step) => !/^sql (SET SESSION |SELECT (@@|VERSION\(\)))(?!.* FROM )/.test(step))).toEqual([]);
    expect(others.length).toBeGreaterThan(10);
    expect(others.filter((step) => !/^sql (SELECT|SHOW|EXPLAIN) /.test(step))).toEqual([]);
  });

  test('its session can’t write, whatever it asks (P52)', async () => {
    const source = new Source(world.config);
    const session = await source.open('READ COMMITTED');
    await forbidWriting(session);
    await expect(session.execute(`DELETE FROM ${world.name}.orders`)).rejects.toMatchObject({
      code: 'ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION',
    });
    session.close();
    source.close();
  });
});
