import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parsePartKey } from '../../../src/archive/keys.ts';
import { findPolicy } from '../../../src/config/policy.ts';
import { Source } from '../../../src/job/source.ts';
import { parseDay } from '../../../src/model/day.ts';
import { adoptManifests } from '../../../src/partition/open/adoptManifests.ts';
import {
  archive,
  archivedRows,
  day,
  fill,
  heal,
  partition,
  purge,
  purgeToEnd,
  tableRows,
} from '../../support/archived.ts';
import { makeWorld, type World } from '../../support/world.ts';

describe.each(['mysql', 'mariadb'] as const)('an object in a day’s folder that nothing names, on %s', (flavor) => {
  let world: World;
  beforeAll(async () => {
    world = await makeWorld(flavor);
  });
  afterAll(() => world.close());

  const folder = (table: string) => `${world.name}/${table}/year=2026/month=01/day=05/`;
  const policyOf = (table: string) => findPolicy(world.config, `${world.name}.${table}`);
  const gone = new Error('the machine is gone');

  async function visible(table: string): Promise<string[]> {
    const place = world.source.folderOf(policyOf(table));
    const keys = await world.source.store.list(folder(table));
    return keys.filter((key) => parsePartKey(place, parseDay(day), key)?.kind === 'part');
  }

  test('goes when two heals have died and a third finds no drift (P87)', async () => {
    await fill(world, 'twice', 60, { partBytes: 1 << 20 });
    const rows = await tableRows(world, 'twice');
    await archive(world, 'twice');
    await world.sql(`UPDATE ${world.name}.twice SET note = 'one' WHERE id = 40`);
    const first = new Source(world.config);
    first.store.replace = async () => Promise.reject(gone);
    await expect(heal(world, 'twice', first)).rejects.toThrow(gone);
    first.close();
    const second = new Source(world.config);
    second.store.list = async () => Promise.reject(gone);
    second.store.listUploads = async () => [];
    await expect(heal(world, 'twice', second)).rejects.toThrow(gone);
    second.close();
    expect((await visible('twice')).length).toBeGreaterThan(1);
    await world.sql(`UPDATE ${world.name}.twice SET note = 'note 40' WHERE id = 40`);
    await heal(world, 'twice');
    expect(await visible('twice')).toHaveLength(1);
    await purgeToEnd(world, 'twice');
    expect(await archivedRows(world, 'twice')).toEqual(rows);
  });

  test('goes when its day is opened to be exported again (P87)', async () => {
    await fill(world, 'again', 60, { partBytes: 100 });
    const dying = new Source(world.config);
    let uploads = 0;
    const original = dying.store.createUpload.bind(dying.store);
    dying.store.createUpload = (key, type) => {
      if (++uploads === 5) throw gone;
      return original(key, type);
    };
    await expect(archive(world, 'again', dying)).rejects.toThrow(gone);
    dying.close();
    const place = world.source.folderOf(policyOf('again'));
    const known = (await world.ledger.readParts({ database: world.name, table: 'again', day: parseDay(day) })).length;
    // A part that was completed by an attempt that died before it could say so.
    const remain = `${folder('again')}again.20260105.00009.e1.csv.gz`;
    await world.source.store.putNew(remain, Buffer.from('left by a dead attempt'));
    const seen: string[][] = [];
    const watching = new Source(world.config);
    const create = watching.store.createUpload.bind(watching.store);
    watching.store.createUpload = async (key, type) => {
      if (parsePartKey(place, parseDay(day), key)) seen.push(await visible('again'));
      return create(key, type);
    };
    await archive(world, 'again', watching);
    watching.close();
    expect(seen[0]).toHaveLength(known);
    expect(seen.flat()).not.toContain(remain);
  });

  test('and that isn’t the ledger’s own is never removed: the day isn’t closed beside it, and says so (P87)', async () => {
    await fill(world, 'foreign', 40);
    const rows = await tableRows(world, 'foreign');
    await archive(world, 'foreign');
    const note = `${folder('foreign')}copy-of-orders.csv`;
    await world.source.store.putNew(note, Buffer.from('1,2,3\n'));
    await world.source.store.putNew(`${folder('foreign')}_SUCCESS`, Buffer.from('hidden'));
    await expect(purge(world, 'foreign')).rejects.toThrow(`${note} lies in the day's folder`);
    expect(await partition(world, 'foreign')).toMatchObject({ state: 'purging', rowsDeleted: 40 });
    expect((await world.source.store.read(note)).toString()).toBe('1,2,3\n');
    await world.source.store.remove(note);
    await purgeToEnd(world, 'foreign');
    expect(await partition(world, 'foreign')).toMatchObject({ state: 'purged', stopped: null });
    expect(await archivedRows(world, 'foreign')).toEqual(rows);
  });

  test('stops the export where ledger row and manifest of a half purged day are both gone; the manifest put back, it goes on (P86)', async () => {
    await fill(world, 'orphaned', 100);
    const rows = await tableRows(world, 'orphaned');
    await archive(world, 'orphaned');
    Object.assign(policyOf('orphaned'), { maxRowsPerDay: 40 });
    await purge(world, 'orphaned');
    Object.assign(policyOf('orphaned'), { maxRowsPerDay: 0 });
    for (const name of ['partitions', 'parts'])
      await world.sql(`DELETE FROM ${world.ledger.name}.${name} WHERE table_name = 'orphaned'`);
    const manifest = `${folder('orphaned')}_manifest.json`;
    const body = await world.source.store.read(manifest);
    await world.source.store.remove(manifest);
    const before = await world.source.store.list(folder('orphaned'));
    for (let attempt = 1; attempt <= 2; attempt++)
      await expect(archive(world, 'orphaned')).rejects.toThrow(
        /_manifest\.json is gone: put it back from its versions/,
      );
    expect(await world.source.store.list(folder('orphaned'))).toEqual(before);
    expect(await partition(world, 'orphaned')).toBeUndefined();
    // Without the trace too: parts alone are enough.
    const trace = await world.source.store.read(`${folder('orphaned')}_purge.json`);
    await world.source.store.remove(`${folder('orphaned')}_purge.json`);
    for (let attempt = 1; attempt <= 2; attempt++)
      await expect(archive(world, 'orphaned')).rejects.toThrow(/lies in S3, and the ledger knows nothing of this day/);
    await world.source.store.putNew(`${folder('orphaned')}_purge.json`, trace);
    await world.source.store.putNew(manifest, body);
    expect(await adoptManifests(world.source, world.ledger, policyOf('orphaned'))).toEqual([day]);
    expect(await purgeToEnd(world, 'orphaned')).toEqual([]);
    expect(await archivedRows(world, 'orphaned')).toEqual(rows);
    expect(await partition(world, 'orphaned')).toMatchObject({ state: 'purged', rowsDeleted: 100 });
  });

  test('moves away, and is kept, where the ledger that knew it was lost (P86, P87)', async () => {
    await fill(world, 'lost', 60, { partBytes: 1 << 20 });
    await archive(world, 'lost');
    await world.sql(`UPDATE ${world.name}.lost SET note = 'one' WHERE id = 40`);
    const dying = new Source(world.config);
    dying.store.copy = async () => Promise.reject(gone);
    await expect(heal(world, 'lost', dying)).rejects.toThrow(gone);
    dying.close();
    const rows = await tableRows(world, 'lost');
    expect(await visible('lost')).toHaveLength(2);
    for (const name of ['tables', 'partitions', 'parts', 'superseded'])
      await world.sql(
        `DELETE FROM ${world.ledger.name}.${name}${name === 'superseded' ? '' : " WHERE table_name = 'lost'"}`,
      );
    expect(await adoptManifests(world.source, world.ledger, policyOf('lost'))).toEqual([day]);
    await purgeToEnd(world, 'lost');
    expect(await visible('lost')).toHaveLength(1);
    expect(await archivedRows(world, 'lost')).toEqual(rows);
    expect(await world.source.store.list('_superseded/')).toContain(
      `_superseded/${folder('lost')}lost.20260105.00000.e1.csv.gz`,
    );
  });
});
