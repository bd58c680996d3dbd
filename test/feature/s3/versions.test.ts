import { PutBucketVersioningCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { Source } from '../../../src/job/source.ts';
import {
  archive,
  archivedRows,
  fill,
  heal,
  manifestOf,
  partition,
  purgeToEnd,
  tableRows,
} from '../../support/archived.ts';
import { makeBucket } from '../../support/bucket.ts';
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

async function versioning(status: 'Enabled' | 'Suspended', bucket = world.name): Promise<void> {
  await client.send(new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration: { Status: status } }));
}

test('the id null, of a suspended versioning, is no version: a heal that died after its manifest is brought forward (P85)', async () => {
  await versioning('Suspended');
  Object.assign(world.config.store, { allowUnversioned: true });
  await fill(world, 'suspended', 60);
  await archive(world, 'suspended');
  for (const { object, chunkIndex } of (await manifestOf(world, 'suspended')).parts)
    expect([object.versionId, chunkIndex.versionId]).toEqual([undefined, undefined]);
  await world.sql(`UPDATE ${world.name}.suspended SET note = 'new' WHERE id = 40`);
  const rows = await tableRows(world, 'suspended');
  const dying = new Source(world.config);
  const replace = dying.store.replace.bind(dying.store);
  dying.store.replace = async (...given) => {
    await replace(...given);
    throw new Error('the machine is gone');
  };
  await expect(heal(world, 'suspended', dying)).rejects.toThrow('the machine is gone');
  dying.close();
  expect(await purgeToEnd(world, 'suspended')).toEqual([]);
  expect(await archivedRows(world, 'suspended')).toEqual(rows);
  expect(await partition(world, 'suspended')).toMatchObject({ state: 'purged', revision: 2, rowsChanged: 1 });
  Object.assign(world.config.store, { allowUnversioned: false });
  await versioning('Enabled');
});

test('what was archived before versioning was turned on is the same object after it: its days go on (P85)', async () => {
  const plain = await makeWorld('mysql');
  const bucket = `${plain.name}-plain`;
  (await makeBucket(bucket, false)).close();
  Object.assign(plain.config.store, { bucket });
  const source = new Source(plain.config);
  await fill(plain, 'early', 60);
  await archive(plain, 'early', source);
  await expect(purgeToEnd(plain, 'early', source)).rejects.toThrow(/keeps no versions; turn versioning on/);
  await versioning('Enabled', bucket);
  expect(await purgeToEnd(plain, 'early', source)).toEqual([]);
  expect(await partition(plain, 'early')).toMatchObject({ state: 'purged', rowsDeleted: 60 });
  source.close();
  plain.close();
});
