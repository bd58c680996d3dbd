import {
  type LifecycleRule,
  PutBucketLifecycleConfigurationCommand,
  PutBucketVersioningCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, expect, inject, test } from 'vitest';
import { checkStore } from '../../../src/cli/doctor/doctorStore.ts';
import { Source } from '../../../src/job/source.ts';
import { AccessRefused } from '../../../src/s3/errors.ts';
import { lifecycleFacts } from '../../../src/s3/lifecycle.ts';
import { archive, fill, heal, purge, tableRows } from '../../support/archived.ts';
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

const versioning = (Status: 'Enabled' | 'Suspended') =>
  client.send(new PutBucketVersioningCommand({ Bucket: world.name, VersioningConfiguration: { Status } }));

/** A source of the world whose bucket has these rules. */
function ruled(rules: readonly LifecycleRule[] | Error): Source {
  const source = new Source(world.config);
  source.store.lifecycle = async (prefix = '', tags = {}) => {
    if (rules instanceof Error) throw rules;
    return lifecycleFacts(rules, prefix, tags);
  };
  return source;
}

let number = 0;
let table = '';
beforeEach(async () => {
  table = `kept${number++}`;
  await fill(world, table, 300, { chunkRows: 100, partBytes: 5_000 });
  await archive(world, table);
});

const rule = (more: Partial<LifecycleRule>): LifecycleRule => ({ ID: 'r', Status: 'Enabled', ...more });
const refusing: [string, LifecycleRule, RegExp][] = [
  [
    'expires what store.tagging tags',
    rule({ Filter: { Tag: { Key: 'day', Value: '2026-01-05' } }, Expiration: { Days: 90 } }),
    /rule r of bucket \S+ expires objects/,
  ],
  ['expires the bucket', rule({ Filter: {}, Expiration: { Days: 90 } }), /rule r of bucket \S+ expires objects/],
  ['expires at a date', rule({ Prefix: '', Expiration: { Date: new Date() } }), /rule r .+ expires objects/],
  [
    'moves to Glacier',
    rule({ Filter: {}, Transitions: [{ Days: 30, StorageClass: 'GLACIER' }] }),
    /rule r \(to GLACIER\)/,
  ],
  [
    'moves to Deep Archive',
    rule({ Filter: {}, Transitions: [{ Days: 365, StorageClass: 'DEEP_ARCHIVE' }] }),
    /rule r \(to DEEP_ARCHIVE\).+ where no reader gets them.+GLACIER_IR/,
  ],
];
test.each(refusing)(
  'a lifecycle rule that %s stops a slice before it deletes, and a heal (P99)',
  async (_, each, said) => {
    const source = ruled([each]);
    await expect(purge(world, table, source)).rejects.toThrow(said);
    await expect(heal(world, table, source)).rejects.toThrow(said);
    expect(await tableRows(world, table)).toHaveLength(300);
    expect(await checkStore(source.config, source.store)).toContainEqual({
      ...{ what: 'store', level: 'failed', message: expect.stringMatching(said) },
    });
    source.close();
    expect(await purge(world, table)).toMatchObject({ deleted: 300 });
  },
);

test('one that comes while a day is half purged stops the next slice', async () => {
  table = 'half';
  await fill(world, table, 2_500, { chunkRows: 100, partBytes: 5_000 });
  await archive(world, table);
  await purge(world, table, world.source, 1);
  const before = (await tableRows(world, table)).length;
  expect(before).toBe(1_500);
  const source = ruled([rule({ Filter: { Prefix: `${world.name}/` }, Expiration: { Days: 1 } })]);
  await expect(purge(world, table, source)).rejects.toThrow(/expires objects of the archive/);
  source.close();
  expect(await tableRows(world, table)).toHaveLength(before);
});

test('rules for other folders, tagged objects and unfinished uploads are none of the archive’s', async () => {
  const source = ruled([
    rule({ Filter: { Prefix: 'logs/' }, Expiration: { Days: 1 } }),
    rule({ Filter: { Tag: { Key: 'temporary', Value: 'yes' } }, Expiration: { Days: 1 } }),
    rule({ Filter: { Tag: { Key: 'table', Value: 'another' } }, Expiration: { Days: 1 } }),
    rule({ Filter: {}, Status: 'Disabled', Expiration: { Days: 1 } }),
    rule({ Filter: {}, AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 } }),
    rule({ Filter: {}, Transitions: [{ Days: 30, StorageClass: 'GLACIER_IR' }] }),
  ]);
  expect(await purge(world, table, source)).toMatchObject({ deleted: 300 });
  source.close();
});

test('rules that this user may not read stop a slice by the right’s name', async () => {
  const source = ruled(new AccessRefused(world.name, 'AccessDenied'));
  await expect(purge(world, table, source)).rejects.toThrow(
    /can't be read \(AccessDenied\).+s3:GetLifecycleConfiguration/,
  );
  source.close();
});

test('the store’s own rule is read: one that expires the bucket stops a slice', async () => {
  await client.send(
    new PutBucketLifecycleConfigurationCommand({
      Bucket: world.name,
      LifecycleConfiguration: { Rules: [rule({ ID: 'ninety', Filter: { Prefix: '' }, Expiration: { Days: 90 } })] },
    }),
  );
  await expect(purge(world, table)).rejects.toThrow(/expires objects of the archive/);
  await client.send(
    new PutBucketLifecycleConfigurationCommand({
      Bucket: world.name,
      LifecycleConfiguration: {
        Rules: [rule({ ID: 'other', Filter: { Prefix: 'elsewhere/' }, Expiration: { Days: 90 } })],
      },
    }),
  );
  expect(await purge(world, table)).toMatchObject({ deleted: 300 });
});

test('versioning that is suspended after the export stops a slice, and turned on again lets it go on', async () => {
  await versioning('Suspended');
  await expect(purge(world, table)).rejects.toThrow(
    /keeps no versions.+turn versioning on \(aws s3api put-bucket-versioning --bucket .+\), or set store\.allowUnversioned/,
  );
  expect(await tableRows(world, table)).toHaveLength(300);
  await versioning('Enabled');
  expect(await purge(world, table)).toMatchObject({ deleted: 300 });
});

test('doctor finds a prefix that another source owns, before a worker does', async () => {
  const config = { ...world.config, source: { ...world.config.source, name: 'second' } };
  const findings = await checkStore(config, world.source.store);
  expect(findings).toContainEqual({
    what: 'store',
    level: 'failed',
    message: expect.stringMatching(`belongs to source ${world.name}, this is second`),
  });
});
