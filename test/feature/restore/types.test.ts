import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { prepareRestore } from '../../../src/activities/prepareRestore.ts';
import { restorePartition } from '../../../src/activities/restorePartition.ts';
import { openTable } from '../../../src/checks/openTable.ts';
import { archive, day } from '../../support/archived.ts';
import { catalogue } from '../../support/columnTypes.ts';
import { asServed } from '../../support/readers.ts';
import { makeWorld, type World } from '../../support/world.ts';

describe.each(['mysql', 'mariadb'] as const)('every type restored on %s', (flavor) => {
  let world: World;
  beforeAll(async () => {
    world = await makeWorld(flavor);
  });
  afterAll(() => world.close());

  test.each([1, 0])(
    'each hard value comes back as the server held it, id 0 too, with local_infile = %s',
    async (local) => {
      const types = catalogue(flavor);
      const name = `typed${local}`;
      const defined = types.map(({ type }, index) => `c${index} ${type} NULL DEFAULT NULL`).join(', ');
      await world.sql(
        `CREATE TABLE ${world.name}.${name} (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, t DATETIME(6) NOT NULL, ${defined},
       year_of_t INT AS (YEAR(t)) STORED, KEY (t))`,
      );
      const names = ['id', 't', ...types.map((_, index) => `c${index}`)].join(', ');
      await world.sql("SET SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO'");
      const longest = Math.max(...types.map(({ hard }) => hard.length));
      for (let id = 0; id <= longest; id++) {
        const values = types.map(({ hard }) => (id === longest ? 'NULL' : (hard[id % hard.length] ?? 'NULL')));
        await world.sql(
          `INSERT INTO ${world.name}.${name} (${names}) VALUES (${[id, `'${day} 00:00:00.000001'`, ...values].join(', ')})`,
        );
      }
      const choice = types.findIndex(({ type }) => type.startsWith('ENUM'));
      await world.sql(`UPDATE ${world.name}.${name} SET c${choice} = 'none of these' WHERE id = 1`);
      await world.sql("SET SESSION sql_mode = 'STRICT_TRANS_TABLES'");
      world.add({ table: name, timeColumn: 't' });
      await archive(world, name);

      await world.sql(`SET GLOBAL local_infile = ${local}`);
      const input = { table: `${world.name}.${name}`, from: day, to: day };
      const { target } = await prepareRestore(world.source, input, world.attempt);
      const found = await restorePartition(world.source, { table: input.table, day, target }, world.attempt);
      await world.sql('SET GLOBAL local_infile = 1');
      expect(found.rows).toBe(longest + 1);
      const { schema } = await openTable(world.session, { database: world.name, table: name, timeColumn: 't' });
      expect(await asServed(world, target, schema.columns)).toEqual(await asServed(world, input.table, schema.columns));
    },
  );
});
