import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import type { Manifest } from '../../../src/archive/manifest.ts';
import { Source } from '../../../src/job/source.ts';
import { archive, fill, heal, manifestOf, partition, purge, tableRows } from '../../support/archived.ts';
import { makeWorld, type World } from '../../support/world.ts';

let world: World;
let client: S3Client;
beforeAll(async () => {
  world = await makeWorld('mysql');
  const { s3 } = inject('stack');
  client = new S3Client({ region: s3.region, endpoint: s3.endpoint, forcePathStyle: true });
});
afterAll(() => {
  client.destroy();
  world.close();
});

const rows = 60;

function manifestPath(table: string): string {
  return `${world.name}/${table}/year=2026/month=01/day=05/_manifest.json`;
}

/** As a person or another tool would: without a condition. */
async function overwrite(key: string, body: string | Buffer): Promise<void> {
  await client.send(new PutObjectCommand({ Bucket: world.name, Key: key, Body: body }));
}

async function rewriteManifest(table: string, change: (manifest: Manifest) => unknown): Promise<void> {
  const manifest = await manifestOf(world, table);
  change(manifest);
  await overwrite(manifestPath(table), JSON.stringify(manifest));
}

const harms: [string, (table: string) => Promise<unknown>, RegExp][] = [
  ['missing', (table) => world.source.store.remove(manifestPath(table)), /_manifest\.json is gone/],
  [
    'truncated',
    (table) => overwrite(manifestPath(table), '{"manifestVersion": 1, "tool": '),
    /_manifest\.json is no JSON: it is cut off.* Put its newest whole version back/,
  ],
  [
    'of another table',
    (table) => rewriteManifest(table, (manifest) => Object.assign(manifest.source, { table: 'other' })),
    /the manifest of another partition/,
  ],
  [
    'of another day',
    (table) => rewriteManifest(table, (manifest) => Object.assign(manifest, { day: '2026-01-06' })),
    /the manifest of another partition/,
  ],
  [
    'of an unknown version',
    (table) => rewriteManifest(table, (manifest) => Object.assign(manifest, { manifestVersion: 9 })),
    /_manifest\.json has version 9, and this Sediment reads up to \d+: use a newer Sediment/,
  ],
  [
    'that names fewer parts',
    (table) => rewriteManifest(table, (manifest) => manifest.parts.pop()),
    /names other objects than the ledger relies on/,
  ],
  [
    'that counts other rows',
    (table) => rewriteManifest(table, (manifest) => Object.assign(manifest, { rows: 1 })),
    /counts 1 rows, the ledger 60/,
  ],
];

test.each(harms)('a manifest %s stops the purge before anything is deleted', async (name, harm, message) => {
  const table = `manifest_${name.replaceAll(' ', '_')}`;
  await fill(world, table, rows);
  await archive(world, table);
  await harm(table);
  await expect(purge(world, table)).rejects.toThrow(message);
  expect(await tableRows(world, table)).toHaveLength(rows);
  expect((await partition(world, table))?.stopped).toMatch(message);
});

const objects: [string, (manifest: Manifest) => Promise<unknown>, RegExp][] = [
  ['overwritten', ({ parts }) => overwrite(String(parts[0]?.object.key), 'x'), /not the version that was verified/],
  ['deleted', ({ parts }) => world.source.store.remove(String(parts[0]?.object.key)), /is gone; put it back/],
  [
    'deleted with its version (P64)',
    ({ parts }) => world.source.store.remove(String(parts[0]?.object.key), parts[0]?.object.versionId),
    /is gone; put it back/,
  ],
  [
    'without its chunk index',
    ({ parts }) => world.source.store.remove(String(parts[0]?.chunkIndex.key)),
    /is gone; put it back/,
  ],
];

test.each(objects)('an object that was %s stops the purge before anything is deleted', async (name, harm, message) => {
  const table = `object_${name.replaceAll(/\W/g, '_')}`;
  await fill(world, table, rows);
  await archive(world, table);
  await harm(await manifestOf(world, table));
  await expect(purge(world, table)).rejects.toThrow(message);
  expect(await tableRows(world, table)).toHaveLength(rows);
});

test('an object that lies in Glacier is not purged against', async () => {
  await fill(world, 'cold', rows);
  await archive(world, 'cold');
  const source = new Source(world.config);
  const { head } = source.store;
  source.store.head = async (key) => {
    const seen = await head.call(source.store, key);
    return seen && key.endsWith('.csv.gz') ? { ...seen, storageClass: 'DEEP_ARCHIVE' } : seen;
  };
  await expect(purge(world, 'cold', source)).rejects.toThrow(/lies in DEEP_ARCHIVE/);
  source.close();
  expect(await tableRows(world, 'cold')).toHaveLength(rows);
});

test.each([
  ['a cursor of nobody', `cursor_json = '["2026-01-05 00:00:07.000000","999"]', state = 'purging'`, /ends no chunk/],
  [
    'the cursor at the end',
    `cursor_json = '["end"]', state = 'purging'`,
    /counts 0 deleted rows, and its cursor is after/,
  ],
  ['rows that were never deleted', 'rows_deleted = 10', /counts 10 deleted rows, and its cursor is after 0/],
  ['a state of nobody', "state = 'doing'", /state "doing", which isn't one of/],
  ['another salt', `salt = '${'0'.repeat(32)}'`, /the manifest of another partition/],
  [
    'a window that reaches further',
    "window_end = '2026-01-07 00:00:00'",
    /is of \[2026-01-05 00:00:00, 2026-01-06 00:00:00\), the ledger says \[2026-01-05 00:00:00, 2026-01-07 00:00:00\)/,
  ],
  ['another number of rows', 'rows_archived = 7', /counts 60 rows, the ledger 7/],
])('a ledger row that was edited by hand, to %s, deletes nothing unproved', async (name, edit, message) => {
  const table = `edited_${name.replaceAll(/\W/g, '_')}`;
  await fill(world, table, rows);
  await archive(world, table);
  await world.sql(`UPDATE ${world.ledger.name}.partitions SET ${edit} WHERE table_name = '${table}'`);
  await expect(purge(world, table)).rejects.toThrow(message);
  expect(await tableRows(world, table)).toHaveLength(rows);
});

test('a cursor that was set back takes no purged row out of the archive', async () => {
  await fill(world, 'setback', 2_000, { chunkRows: 100, partBytes: 8_000 });
  await archive(world, 'setback');
  await purge(world, 'setback', world.source, 1);
  const before = await manifestOf(world, 'setback');
  await world.sql(`UPDATE ${world.ledger.name}.partitions SET cursor_json = NULL WHERE table_name = 'setback'`);
  await expect(purge(world, 'setback')).rejects.toThrow(/counts 1000 deleted rows, and its cursor is after 0/);
  await expect(heal(world, 'setback')).rejects.toThrow(/its cursor is after 0/);
  expect(await manifestOf(world, 'setback')).toEqual(before);
});
