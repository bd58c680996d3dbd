import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { healPartition } from '../../../src/activities/healPartition.ts';
import { Source } from '../../../src/job/source.ts';
import { parsePacerState } from '../../../src/pacing/pacerState.ts';
import {
  archive,
  archivedRows,
  day,
  fill,
  heal,
  insert,
  manifestOf,
  partition,
  purge,
  purgeToEnd,
  tableRows,
} from '../../support/archived.ts';
import { type Fate, type FateOf, Wire } from '../../support/wire.ts';
import { makeWorld, type World } from '../../support/world.ts';

describe.each(['mysql', 'mariadb'] as const)('rows that come late to a purged day on %s', (flavor) => {
  let world: World;
  beforeAll(async () => {
    world = await makeWorld(flavor);
  });
  afterAll(() => world.close());

  /** A day of so many rows, archived and purged. */
  async function purged(table: string, rows: number, policy = {}): Promise<void> {
    await fill(world, table, rows, { chunkRows: 100, partBytes: 20_000, ...policy });
    await archive(world, table);
    await purgeToEnd(world, table);
  }

  /** One heal over a wire. @returns what it did, and its steps */
  async function healOver(table: string, fateOf?: FateOf) {
    const wire = await Wire.open(world.config, fateOf);
    const source = new Source(wire.config);
    try {
      const result = await healPartition(source, { table: `${world.name}.${table}`, day }, world.attempt);
      return { result, steps: wire.steps };
    } finally {
      source.close();
      await wire.close();
    }
  }

  test('and are as archived go in runs, not in a transaction a row', async () => {
    await purged('again', 3_000);
    await insert(world, 'again', 0, 3_000);
    expect(await purge(world, 'again')).toMatchObject({ drifted: true });
    const { steps } = await healOver('again');
    const calls = steps.filter((step) => step.startsWith('sql CALL')).length;
    expect(calls).toBeGreaterThan(0);
    expect(calls).toBeLessThan(40);
    await purgeToEnd(world, 'again');
    expect(await tableRows(world, 'again')).toEqual([]);
    expect(await partition(world, 'again')).toMatchObject({ state: 'purged', rowsDeleted: 6_000, rowsArchived: 3_000 });
  });

  test('and are as archived wait for the purge’s window, and for its pace', async () => {
    await purged('windowed', 2_000);
    await insert(world, 'windowed', 0, 2_000);
    const policy = world.config.tables.find((each) => each.table === 'windowed');
    // An hour that isn't now.
    const hour = (new Date().getUTCHours() + 12) % 24;
    const two = (number: number) => String(number % 24).padStart(2, '0');
    Object.assign(policy ?? {}, { window: `${two(hour)}:00-${two(hour + 1)}:00 UTC` });
    expect(await heal(world, 'windowed')).toMatchObject({ heldBy: 'window', held: expect.stringContaining('window') });
    expect(await tableRows(world, 'windowed')).toHaveLength(2_000);
    // One that stays parts the others into two transactions, between which the pace rests.
    await world.sql(`UPDATE ${world.name}.windowed SET note = 'upserted' WHERE id = 1000`);
    Object.assign(policy ?? {}, { window: undefined, maxRowsPerSecond: 1_000 });
    await heal(world, 'windowed');
    const { spent } = parsePacerState(await world.ledger.readPace({ database: world.name, table: 'windowed' }));
    expect(spent?.minutes.reduce((sum, { held }) => sum + (held.pace ?? 0), 0)).toBeGreaterThan(0);
    expect(await tableRows(world, 'windowed')).toMatchObject([{ id: '1000' }]);
  });

  test('and stay are passed over, however many they are: no circle, and the archive isn’t read again (P92)', async () => {
    await purged('staying', 2_500);
    await insert(world, 'staying', 0, 2_500);
    await world.sql(`UPDATE ${world.name}.staying SET note = 'upserted'`);
    // As the two hundred thousand of a pass are in production: some batches, and one that isn't full.
    expect(
      await healPartition(new Batches(world.config, 400), { table: `${world.name}.staying`, day }, world.attempt),
    ).toMatchObject({
      left: 2_500,
      parts: 0,
    });
    expect(await purge(world, 'staying')).toMatchObject({ deleted: 0 });
    expect(await partition(world, 'staying')).toMatchObject({ state: 'purged', leftRows: 2_500 });
    expect(await purge(world, 'staying')).toEqual({ done: true, deleted: 0 });
  });

  test('and are of all kinds are sorted over the batches’ bounds: none lost, none twice', async () => {
    await purged('mixed', 1_000);
    await insert(world, 'mixed', 0, 1_000);
    await world.sql(`UPDATE ${world.name}.mixed SET note = 'upserted' WHERE id % 5 = 0`);
    await world.sql(`DELETE FROM ${world.name}.mixed WHERE id % 7 = 0`);
    // New ones between them, at the same times.
    await world.sql(
      `INSERT INTO ${world.name}.mixed SELECT id + 10000, 'new', amount, t FROM ${world.name}.mixed WHERE id % 3 = 0`,
    );
    const before = await tableRows(world, 'mixed');
    const source = new Batches(world.config, 90);
    for (let round = 0; round < 5; round++)
      if ((await purge(world, 'mixed', source)).drifted) await heal(world, 'mixed', source);
    source.close();
    const stay = before.filter((row) => row.note === 'upserted').map((row) => row.id);
    expect((await tableRows(world, 'mixed')).map((row) => row.id)).toEqual(stay);
    const fresh = before.filter((row) => row.note === 'new').map((row) => row.id);
    const ids = (await archivedRows(world, 'mixed')).map((row) => row.id);
    expect(ids).toEqual([...Array.from({ length: 1_000 }, (_, id) => String(id)), ...fresh]);
    expect(await partition(world, 'mixed')).toMatchObject({ state: 'purged', leftRows: stay.length });
  });

  test('and are met by another’s lock while they go aren’t archived twice', async () => {
    await purged('raced', 100);
    await insert(world, 'raced', 0, 100);
    await insert(world, 'raced', 200, 210);
    await world.sql(`UPDATE ${world.name}.raced SET t = '${day} 00:00:01' WHERE id >= 200`);
    // Each CALL finds other rows than were looked at, as a write that comes at that moment leaves them.
    let changed = false;
    await healOver('raced', async (_, what): Promise<Fate> => {
      if (!changed && what.startsWith('sql CALL')) {
        changed = true;
        await world.sql(`UPDATE ${world.name}.raced SET amount = amount + 1 WHERE id = 50`);
        await world.sql(`UPDATE ${world.name}.raced SET amount = amount - 1 WHERE id = 50`);
        await world.sql(`INSERT INTO ${world.name}.raced VALUES (300, 'meanwhile', 1, '${day} 00:00:02')`);
      }
      return 'answered';
    });
    await purgeToEnd(world, 'raced');
    const ids = (await archivedRows(world, 'raced')).map((row) => Number(row.id));
    expect(ids).toEqual([
      ...Array.from({ length: 100 }, (_, id) => id),
      ...Array.from({ length: 10 }, (_, n) => 200 + n),
      300,
    ]);
    expect(await tableRows(world, 'raced')).toEqual([]);
  });

  test('and were put back between the look and their export aren’t archived twice', async () => {
    await purged('between', 100);
    await insert(world, 'between', 200, 210);
    let put = false;
    // The upload of the new part begins after the look.
    await healOver('between', async (_, what): Promise<Fate> => {
      if (!put && /^sql SELECT .*`between` FORCE.* LIMIT/.test(what) && !what.includes('AS digest')) {
        put = true;
        await insert(world, 'between', 50, 55);
      }
      return 'answered';
    }).catch(() => undefined);
    expect(put).toBe(true);
    await purgeToEnd(world, 'between');
    const ids = (await archivedRows(world, 'between')).map((row) => Number(row.id));
    expect(ids).toEqual([
      ...Array.from({ length: 100 }, (_, id) => id),
      ...Array.from({ length: 10 }, (_, n) => 200 + n),
    ]);
    expect(await tableRows(world, 'between')).toEqual([]);
    expect((await manifestOf(world, 'between')).rows).toBe(110);
  });
});

/** A source whose heals look at fewer late rows at once. */
class Batches extends Source {
  constructor(
    config: World['config'],
    override readonly lateRowsAtOnce: number,
  ) {
    super(config);
  }
}
