import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { auditPartition } from '../../../src/activities/auditPartition.ts';
import { commitManifest } from '../../../src/activities/commitManifest.ts';
import { exportPartition } from '../../../src/activities/exportPartition.ts';
import { verifyPartition } from '../../../src/activities/verifyPartition.ts';
import { archive, day, fill, heal, insert, manifestOf, partition, purgeToEnd } from '../../support/archived.ts';
import { makeWorld, type World } from '../../support/world.ts';

const directions = [
  ['gzip', 'none'],
  ['none', 'gzip'],
] as const;

describe.each(['mysql', 'mariadb'] as const)('a compression that was edited on %s', (flavor) => {
  let world: World;
  beforeAll(async () => {
    world = await makeWorld(flavor);
  });
  afterAll(() => world.close());

  function edit(table: string, compression: 'gzip' | 'none'): void {
    Object.assign(world.config.tables.find((each) => each.table === table) ?? {}, { compression });
  }

  /** Which of the day's objects are compressed, by their names; an audit reads all of them back. */
  async function compressed(table: string): Promise<boolean[]> {
    const audit = await auditPartition(world.source, { table: `${world.name}.${table}`, day }, world.attempt);
    expect(audit).toMatchObject({ finding: null });
    return (await manifestOf(world, table)).parts.map(({ object }) => object.key.endsWith('.gz'));
  }

  test.each(directions)(
    'from %s to %s: parts of both kinds are healed, further passes added, and all read back',
    async (from, to) => {
      const table = `healed_${from}`;
      await fill(world, table, 90, { compression: from });
      await archive(world, table);
      edit(table, to);
      for (const id of [12, 13]) {
        await world.sql(`UPDATE ${world.name}.${table} SET note = 'changed' WHERE id = ${id}`);
        expect(await heal(world, table)).toMatchObject({ changed: 1, parts: 1 });
      }
      expect(new Set(await compressed(table)).size).toBe(2);
      await purgeToEnd(world, table);
      await insert(world, table, 100, 103);
      await purgeToEnd(world, table);
      expect((await compressed(table)).at(-1)).toBe(to === 'gzip');
      expect(await partition(world, table)).toMatchObject({ state: 'purged', rowsDeleted: 93, leftRows: 0 });
    },
  );

  test.each(directions)(
    'from %s to %s between the export and its proof is none of the proof’s matter',
    async (from, to) => {
      const table = `proved_${from}`;
      await fill(world, table, 30, { compression: from });
      const input = { table: `${world.name}.${table}`, day };
      await exportPartition(world.source, input, world.attempt);
      edit(table, to);
      expect(await verifyPartition(world.source, input, world.attempt)).toMatchObject({ rows: 30 });
      await commitManifest(world.source, input, world.attempt);
      expect(new Set(await compressed(table))).toEqual(new Set([from === 'gzip']));
    },
  );
});
