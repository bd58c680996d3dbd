import { afterAll, beforeAll, expect, test } from 'vitest';
import { auditFolders } from '../../src/audit/auditFolders.ts';
import { findPolicy } from '../../src/config/policy.ts';
import { archive, archivedRows, fill, partition, purgeToEnd, tableRows } from '../support/archived.ts';
import { makeWorld, type World } from '../support/world.ts';

/** `SEDIMENT_PARTS=500` for a smaller day. */
const parts = Number(process.env.SEDIMENT_PARTS ?? 5_000);
/** Milliseconds. */
const hour = 3_600_000;

let world: World;
beforeAll(async () => {
  world = await makeWorld('mysql');
});
afterAll(() => world.close());

test(
  'a day of 5,000 parts is archived, healed and purged, and all of its objects are named',
  async () => {
    await fill(world, 'parts', parts, { chunkRows: 1, partBytes: 1 });
    const began = Date.now();
    const told = (what: string) => console.info(`${what} after ${Math.round((Date.now() - began) / 1000)} s`);
    await archive(world, 'parts');
    told('archived');
    await world.sql(`UPDATE ${world.name}.parts SET note = 'changed' WHERE id % 100 = 0`);
    const rows = await tableRows(world, 'parts');
    await purgeToEnd(world, 'parts');
    told('healed and purged');
    expect(await partition(world, 'parts')).toMatchObject({
      state: 'purged',
      rowsDeleted: parts,
      rowsChanged: Math.ceil(parts / 100),
    });
    expect(await archivedRows(world, 'parts')).toEqual(rows);
    const policy = findPolicy(world.config, `${world.name}.parts`);
    const { counts } = await auditFolders(world.source, world.ledger, policy);
    expect(Object.entries(counts).filter(([, number]) => number > 0)).toEqual([]);
    told('looked at');
  },
  hour,
);
