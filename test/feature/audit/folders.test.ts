import { afterAll, beforeAll, expect, test } from 'vitest';
import { auditFolders, sweepCondemned } from '../../../src/audit/auditFolders.ts';
import { findPolicy } from '../../../src/config/policy.ts';
import { archive, fill, manifestOf } from '../../support/archived.ts';
import { makeWorld, type World } from '../../support/world.ts';

let world: World;
beforeAll(async () => {
  world = await makeWorld('mysql');
});
afterAll(() => world.close());

const days = ['2026-01-05', '2026-01-06', '2026-01-07'] as const;
const folder = (table: string, day: string) =>
  `${world.name}/${table}/${day.replace(/(\d+)-(\d+)-(\d+)/, 'year=$1/month=$2/day=$3')}/`;
const policyOf = (table: string) => findPolicy(world.config, `${world.name}.${table}`);
const put = (key: string) => world.source.store.putNew(key, Buffer.from('1\n'));
const look = (table: string) => auditFolders(world.source, world.ledger, policyOf(table));

async function archived(table: string): Promise<void> {
  await fill(world, table, 60);
  for (const day of days) await archive(world, table, world.source, day);
}

test('folders that are as they should be have nothing in them that nothing names', async () => {
  await archived('whole');
  expect(await look('whole')).toEqual({
    ...{ unnamed: [], doubled: [], missing: [], changed: [], halfUploaded: [] },
    counts: { unnamed: 0, doubled: 0, missing: 0, changed: 0, halfUploaded: 0 },
  });
});

test('what is unnamed, doubled, missing, changed or half uploaded is named by its key, in a day’s folder, below it and beside it', async () => {
  await archived('wrong');
  const [first] = (await manifestOf(world, 'wrong', days[0])).parts;
  const gone = String(first?.chunkIndex.key);
  await world.source.store.remove(gone);
  const manifest = `${folder('wrong', days[2])}_manifest.json`;
  await world.source.store.remove(manifest);
  const changed = String(first?.object.key);
  await world.source.store.remove(changed);
  await put(changed);
  // An attempt that is over has an epoch below the ledger's.
  await world.sql(
    `UPDATE ${world.config.source.ledger}.partitions SET epoch = epoch + 5 WHERE table_name = 'wrong' AND day = '${days[1]}'`,
  );
  const halfUploaded = `${folder('wrong', days[1])}wrong.20260106.00007.e2.csv.gz`;
  const upload = await world.source.store.createUpload(halfUploaded);
  const doubled = `${folder('wrong', days[0])}wrong.20260105.00000.e9.csv.gz`;
  const unnamed = [
    // In the middle of a day's own keys, and a day that nobody archived.
    `${folder('wrong', days[0])}deeper/copy.csv`,
    `${folder('wrong', days[0])}x.csv`,
    `${folder('wrong', '2026-01-08')}wrong.20260108.00000.e1.csv.gz`,
    `${world.name}/wrong/notes.txt`,
  ];
  for (const key of [...unnamed, doubled, `${folder('wrong', days[1])}_SUCCESS`]) await put(key);
  const found = await look('wrong');
  expect({ ...found, unnamed: [...found.unnamed].sort(), missing: [...found.missing].sort() }).toEqual({
    ...{ unnamed: [...unnamed].sort(), doubled: [doubled], missing: [gone, manifest].sort(), changed: [changed] },
    halfUploaded: [halfUploaded],
    counts: { unnamed: 4, doubled: 1, missing: 2, changed: 1, halfUploaded: 1 },
  });
  await upload.abort();
});

test('more than are named are counted', async () => {
  await archived('crowded');
  const keys = [1, 2, 3, 4, 5].map((number) => `${folder('crowded', days[1])}x${number}.csv`);
  for (const key of keys) await put(key);
  const { unnamed, counts } = await auditFolders(world.source, world.ledger, policyOf('crowded'), 3);
  expect(counts).toMatchObject({ unnamed: 5, doubled: 0, missing: 0 });
  expect(unnamed).toEqual(keys.slice(0, 3));
});

test('a sweep removes what the ledger has condemned and nothing names, and nothing else', async () => {
  await archived('swept');
  const condemned = `${folder('swept', days[1])}swept.20260106.00009.e1.csv.gz`;
  const kept = `${folder('swept', days[1])}swept.20260106.00008.e1.csv.gz`;
  for (const key of [condemned, kept]) await put(key);
  const named = String((await manifestOf(world, 'swept', days[1])).parts[0]?.object.key);
  for (const key of [condemned, named]) await world.ledger.condemn(key, 1);
  expect(await sweepCondemned(world.source, world.ledger, policyOf('swept'))).toEqual([condemned]);
  expect(await look('swept')).toMatchObject({ unnamed: [kept], missing: [] });
});
