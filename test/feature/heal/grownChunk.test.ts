import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Source } from '../../../src/job/source.ts';
import { archive, archivedRows, day, fill, partition, purge, purgeToEnd, tableRows } from '../../support/archived.ts';
import { makeWorld, type World } from '../../support/world.ts';

/** A source whose heals hold few keys, and look at few rows at once. */
class Small extends Source {
  override readonly healKeyBytes: number = 1_000;
  override readonly lateRowsAtOnce: number = 700;
}

describe.each(['mysql', 'mariadb'] as const)('more rows than memory holds keys of, in one chunk on %s,', (flavor) => {
  let world: World;
  beforeAll(async () => {
    world = await makeWorld(flavor);
  });
  afterAll(() => world.close());

  const at = (id: string) => `TIMESTAMP('${day} 20:00:00') + INTERVAL ${id} SECOND`;

  test('are archived once each, those that moved there are no new ones, and purged ones that are back stay (P106)', async () => {
    await fill(world, 'grown', 2_500, { chunkRows: 100, partBytes: 3_000 });
    await archive(world, 'grown');
    const before = await tableRows(world, 'grown');
    expect(await purge(world, 'grown', world.source, 1)).toMatchObject({ deleted: 1_000 });
    const name = `${world.name}.grown`;
    await world.sql(
      `INSERT INTO ${name} SELECT id + 10000, note, amount, ${at('id')} FROM ${name} WHERE id BETWEEN 1000 AND 2499`,
    );
    await world.sql(
      `INSERT INTO ${name} SELECT id + 10000, note, amount, ${at('id')} FROM ${name} WHERE id BETWEEN 11000 AND 12499`,
    );
    await world.sql(`UPDATE ${name} SET t = ${at('id')} WHERE id BETWEEN 1100 AND 1109`);
    await world.sql(`UPDATE ${name} SET note = 'changed' WHERE id = 2490`);
    await world.sql(
      `INSERT INTO ${name} VALUES (5, 'back', 1, ${at('0')}), (6, 'back', 1, ${at('1500')}), (7, 'back', 1, ${at('14000')})`,
    );
    const now = await tableRows(world, 'grown');
    const source = new Small(world.config);
    const heals = await purgeToEnd(world, 'grown', source);
    source.close();
    expect(heals[0]).toMatchObject({ added: 3_000, changed: 11, removed: 0, left: 3 });
    expect((await tableRows(world, 'grown')).map(({ id, note }) => [id, note])).toEqual(
      ['5', '6', '7'].map((id) => [id, 'back']),
    );
    const expected = [...before.filter(({ id }) => Number(id) < 1_000), ...now.filter(({ note }) => note !== 'back')];
    expect(await archivedRows(world, 'grown')).toEqual(expected);
    expect(await partition(world, 'grown')).toMatchObject({ state: 'purged', rowsDeleted: 5_500, leftRows: 3 });
  });
});
