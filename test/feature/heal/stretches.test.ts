import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { healPartition } from '../../../src/activities/healPartition.ts';
import { Source } from '../../../src/job/source.ts';
import { archive, archivedRows, day, fill, heal, manifestOf, partition, tableRows } from '../../support/archived.ts';
import { purgeAll } from '../../support/job.ts';
import { makeWorld, type World } from '../../support/world.ts';

/** A source whose heals publish each part that they write again. With `dies`, its machine is gone at that revision. */
class OnePart extends Source {
  override readonly healPartBytes: number = 1;

  constructor(world: World, dies = Number.POSITIVE_INFINITY) {
    super(world.config);
    const replace = this.store.replace.bind(this.store);
    let written = 0;
    this.store.replace = async (...input) => {
      if (++written >= dies) throw new Error('the machine is gone');
      return replace(...input);
    };
  }
}

const parts = 6;

describe.each(['mysql', 'mariadb'] as const)('a heal of more parts than one attempt should lose, on %s,', (flavor) => {
  let world: World;
  beforeAll(async () => {
    world = await makeWorld(flavor);
  });
  afterAll(() => world.close());

  /** A day of six parts, each of which lacks a column that the table has now. */
  async function widened(table: string): Promise<void> {
    await fill(world, table, 600, { chunkRows: 100, partBytes: 500 });
    await archive(world, table);
    expect((await manifestOf(world, table)).parts).toHaveLength(parts);
    await world.sql(`ALTER TABLE ${world.name}.${table} ADD COLUMN extra INT NOT NULL DEFAULT 7`);
  }

  async function wideParts(table: string): Promise<number> {
    return (await manifestOf(world, table)).parts.filter(({ width }) => width === 5).length;
  }

  test('goes on from the parts that it has published, however often its attempts die', async () => {
    await widened('wide');
    const rows = await tableRows(world, 'wide');
    // Each attempt publishes one part and dies: more attempts than heals that may be without progress.
    for (let published = 1; published < parts; published++) {
      const dying = new OnePart(world, 2);
      await expect(heal(world, 'wide', dying)).rejects.toThrow('the machine is gone');
      dying.close();
      expect(await wideParts('wide')).toBe(published);
    }
    const source = new OnePart(world);
    expect(await heal(world, 'wide', source)).toMatchObject({ parts: 1 });
    expect(await heal(world, 'wide', source)).toMatchObject({ parts: 0 });
    expect(await purgeAll(world, { database: world.name, table: 'wide' }, source)).toBe(600);
    source.close();
    expect(await archivedRows(world, 'wide')).toEqual(rows);
    expect(await partition(world, 'wide')).toMatchObject({ state: 'purged', rowsDeleted: 600, stopped: null });
  });

  test('counts as one heal, and heals the day whole', async () => {
    await widened('whole');
    const source = new OnePart(world);
    expect(await heal(world, 'whole', source)).toMatchObject({ parts, changed: 600 });
    expect(await partition(world, 'whole')).toMatchObject({ healsHere: 1, revision: 1 + parts });
    source.close();
  });

  test('does not take rows for removed that moved to a part behind', async () => {
    await fill(world, 'moved', 600, { chunkRows: 100, partBytes: 500 });
    await archive(world, 'moved');
    await world.sql(`UPDATE ${world.name}.moved SET t = TIMESTAMP('${day} 20:00:00') WHERE id BETWEEN 100 AND 180`);
    const rows = await tableRows(world, 'moved');
    const source = new OnePart(world);
    expect(await heal(world, 'moved', source)).toMatchObject({ added: 0, removed: 0, changed: 81 });
    expect(await purgeAll(world, { database: world.name, table: 'moved' }, source)).toBe(600);
    source.close();
    expect(await archivedRows(world, 'moved')).toEqual(rows);
  });

  test('pauses between two parts', async () => {
    await widened('paused');
    const source = new OnePart(world);
    const hold = { scope: `${world.name}.paused`, owner: 'tester', reason: 'lunch', until: null };
    const replace = source.store.replace.bind(source.store);
    source.store.replace = async (...input) => {
      await world.ledger.writeHold(hold);
      return replace(...input);
    };
    const input = { table: `${world.name}.paused`, day, asked: true };
    expect(await healPartition(source, input, world.attempt)).toMatchObject({ parts: 1, held: 'tester: lunch' });
    source.close();
    expect(await wideParts('paused')).toBe(1);
  });
});
