import { expect, test } from 'vitest';
import { archiveDay, archivedHex, purgeAll } from '../../support/job.ts';
import { makeWorld } from '../../support/world.ts';

const day = '2026-01-05';
const packet = 2 ** 24 - 1;
/** What stands before `note` in a row's packet: id, t, and the four bytes of a length. */
const before = 2 + 20 + 4;

test('texts of 64 KB, 16 MB and over one wire packet come back whole', async () => {
  const world = await makeWorld('mysql');
  const name = { database: world.name, table: 'large' };
  await world.sql(`CREATE TABLE ${world.name}.large (id INT PRIMARY KEY, t DATETIME NOT NULL, note LONGTEXT, KEY (t))`);
  world.add({ table: 'large', timeColumn: 't', chunkRows: 2 });
  // A packet that is exactly full is followed by an empty one.
  const texts = ['a'.repeat(1 << 16), 'é'.repeat(100), 'b'.repeat(packet - before), 'c'.repeat(packet - before + 1)];
  texts.push('"\n'.repeat(9_000_000));
  for (const [id, text] of texts.entries())
    await world.sql(`INSERT INTO ${world.name}.large VALUES (?, '${day}', REPEAT(?, ?))`, [
      id,
      text.slice(0, text.startsWith('"') ? 2 : 1),
      text.length / (text.startsWith('"') ? 2 : 1),
    ]);
  await archiveDay(world, name, day);
  const archived = await archivedHex(world, name, day);
  const same = texts.map((text, id) => archived[id]?.[2] === Buffer.from(text).toString('hex').toUpperCase());
  expect(same).toEqual(texts.map(() => true));
  expect(await purgeAll(world, name)).toBe(texts.length);
  world.close();
});
