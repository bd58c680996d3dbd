import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { checkTable } from '../../../src/cli/doctor/doctorMysql.ts';
import { findPolicy } from '../../../src/config/policy.ts';
import { day } from '../../support/archived.ts';
import { policyFile, policyText, sediment } from '../../support/command.ts';
import { makeWorld, type World } from '../../support/world.ts';

describe.each(['mysql', 'mariadb'] as const)('on %s, before the first run', (flavor) => {
  let world: World;
  const said = {
    tree: /its rows refer to each other by its own foreign key tree_up.+drop the key, set its column to NULL.+purge: disabled/,
    parent: new RegExp(
      'rows of \\w+\\.child refer to it by the foreign key child_of, and \\w+\\.child has no policy.+' +
        'give \\w+\\.child a policy, drop the key, or write purge: disabled',
    ),
    billed:
      /rows of \w+\.lines refer to it by the foreign key line_of: .+give \w+\.lines a retention that isn't longer/,
  };

  beforeAll(async () => {
    world = await makeWorld(flavor);
    const { name } = world;
    const create = (table: string, more: string) =>
      world.sql(`CREATE TABLE ${name}.${table} (id INT PRIMARY KEY, t DATETIME NOT NULL, KEY (t)${more})`);
    await world.sql(
      `CREATE TABLE ${name}.tree (id INT PRIMARY KEY, up INT, t DATETIME NOT NULL, KEY (t), CONSTRAINT tree_up FOREIGN KEY (up) REFERENCES tree (id))`,
    );
    await create('parent', '');
    await create('billed', '');
    await create('child', `, CONSTRAINT child_of FOREIGN KEY (id) REFERENCES ${name}.parent (id)`);
    await create('lines', `, CONSTRAINT line_of FOREIGN KEY (id) REFERENCES ${name}.billed (id)`);
    for (const table of ['parent', 'billed']) await world.sql(`INSERT INTO ${name}.${table} VALUES (1, '${day}')`);
    for (const table of ['tree', 'parent', 'billed', 'lines']) world.add({ table, timeColumn: 't' });
  });
  afterAll(() => world.close());

  test.each(Object.entries(said))(
    'doctor says what will stop the purge of %s, with the ways out',
    async (table, text) => {
      const found = await checkTable(world.source, findPolicy(world.config, `${world.name}.${table}`));
      expect(found).toMatchObject([{ level: 'ok' }, { level: 'note', message: expect.stringMatching(text) }]);
    },
  );

  test('plan says the same of each table', async () => {
    const tables = ['tree', 'parent', 'billed', 'lines'].map(
      (table) => `{ table: ${world.name}.${table}, timeColumn: t, purge: enabled, pace: full }`,
    );
    const url = `mysql://root@127.0.0.1:${inject('stack')[flavor].port}`;
    const config = policyFile(policyText({ name: world.name, url, tables }));
    const { code, stdout, stderr } = await sediment(['plan', '--json', '-c', config]);
    expect([code, stderr]).toEqual([0, '']);
    const warnings = JSON.parse(stdout).tables.map((each: { warnings: string[] }) => each.warnings);
    expect(warnings).toEqual([...Object.values(said).map((text) => [expect.stringMatching(text)]), []]);
    const { stdout: shown } = await sediment(['plan', '-c', config]);
    expect(shown.replaceAll(/\s+/g, ' ')).toMatch(said.tree);
  });
});
