import { GetObjectTaggingCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { archiveUndated } from '../../../src/activities/archiveUndated.ts';
import { checkStore } from '../../../src/cli/doctor/doctorStore.ts';
import { Source } from '../../../src/job/source.ts';
import { archive, day, fill, manifestOf, purgeToEnd } from '../../support/archived.ts';
import { type AuroraWorld, makeAuroraWorld } from '../../support/aurora.ts';
import { freshName, makeLockedBucket } from '../../support/bucket.ts';

let world: AuroraWorld;
let client: S3Client;
beforeAll(async () => {
  world = await makeAuroraWorld();
  const { s3 } = inject('stack');
  client = new S3Client({ region: s3.region, endpoint: s3.endpoint, forcePathStyle: true });
});
afterAll(async () => {
  client.destroy();
  await world.end();
});

async function tagsOf(key: string): Promise<Record<string, string>> {
  const { TagSet = [] } = await client.send(new GetObjectTaggingCommand({ Bucket: world.name, Key: key }));
  return Object.fromEntries(TagSet.map(({ Key, Value }) => [String(Key), String(Value)]));
}

test('S3 has the tags of every kind of object: parts of both engines, indexes, manifests, traces, undated and replaced ones', async () => {
  world.config.store.tagging = { dataset: 'core bank' };
  const policy = { undated: 'archive', purge: 'enabled' } as const;
  for (const engine of ['aurora', 'stream'] as const) {
    await fill(world, engine, 30, { ...policy, engine });
    await world.sql(`ALTER TABLE ${world.name}.${engine} MODIFY t DATETIME(6) NULL`);
    await world.sql(`INSERT INTO ${world.name}.${engine} (id, t) VALUES (900, NULL)`);
    await archive(world, engine);
    await archiveUndated(world.source, { table: `${world.name}.${engine}` }, world.attempt);
    await world.sql(`UPDATE ${world.name}.${engine} SET note = 'changed' WHERE id = 7`);
    await purgeToEnd(world, engine);
    expect((await manifestOf(world, engine)).engine).toBe(engine);
    const own = { source: world.config.source.name, dataset: 'core bank', database: world.name, table: engine };
    const keys = await world.source.store.list(`${world.name}/${engine}/`);
    const replaced = await world.source.store.list(`_superseded/${world.name}/${engine}/`);
    const kinds = ['_manifest.json', '_purge.json', '_chunks.', `${engine}.2026`, `${engine}.0000`];
    for (const kind of kinds)
      expect(
        keys.filter((key) => key.includes(`/${kind}`)),
        kind,
      ).not.toEqual([]);
    expect(replaced).not.toEqual([]);
    for (const key of [...keys, ...replaced])
      expect([key, await tagsOf(key)]).toEqual([key, { ...own, day: key.includes('year=0000') ? '0000-00-00' : day }]);
  }
});

test('doctor says what a bucket’s own retention means, and an Aurora server’s staging under it is hidden', async () => {
  const bucket = freshName();
  await makeLockedBucket(bucket);
  const source = new Source({ ...world.config, store: { ...world.config.store, bucket, tagging: undefined } });
  await fill(world, 'locked', 20, { engine: 'aurora', archive: { expire: 'P7Y', notice: 'P30D', by: 'command' } });
  const messages = (await checkStore(source.config, source.store)).map(({ level, message }) => `${level} ${message}`);
  expect(messages).toContainEqual(
    expect.stringMatching(`^note bucket ${bucket} keeps every version for 1 day in compliance mode: nobody`),
  );
  expect(messages).toContainEqual(expect.stringMatching(/^note so it keeps each version of the trace .*_staging\//));
  const open = (await checkStore(world.config, world.source.store)).map(({ message }) => message);
  expect(open.join()).not.toMatch(/compliance|Object Lock/);
  await archive(world, 'locked', source);
  expect(await source.store.list('_staging/aurora/')).toEqual([]);
  source.close();
});
