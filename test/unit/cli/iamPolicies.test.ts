import { expect, test } from 'vitest';
import { iamPolicies } from '../../../src/cli/doctor/iamPolicies.ts';
import { parseConfig } from '../../../src/config/load.ts';

function policies(store = '', policy = '') {
  const text = `source: { name: bank, url: "mysql://sediment@bank.cluster-x.eu-central-1.rds.amazonaws.com", iam: true }
store: { bucket: archive, prefix: cold, region: eu-central-1${store} }
tables: [{ table: bank.orders, timeColumn: at${policy} }]
`;
  return iamPolicies(parseConfig(text, 'sediment.yaml', {}));
}

test('the cluster’s role may write below the staging folder and nowhere else; the worker’s below the prefix', () => {
  const [worker, cluster] = policies();
  const resources = (each: typeof worker) => each?.document.Statement.map(({ Sid, Resource }) => `${Sid} ${Resource}`);
  expect(resources(cluster)).toEqual([
    'Write arn:aws:s3:::archive/cold/_staging/aurora/*',
    'List arn:aws:s3:::archive',
  ]);
  expect(resources(worker)).toEqual([
    'Bucket arn:aws:s3:::archive',
    'Archive arn:aws:s3:::archive/cold/*',
    'Staging arn:aws:s3:::archive/cold/_staging/*',
    'Connect arn:aws:rds-db:eu-central-1:*:dbuser:*/sediment',
  ]);
});

test('the cluster’s role may read the archive only where Aurora can load it: uncompressed', () => {
  const reads = (policy: string) =>
    policies('', policy).flatMap(({ role, document }) =>
      document.Statement.filter(({ Sid }) => /Restore|ListArchive/.test(Sid)).map(({ Sid }) => `${role} ${Sid}`),
    );
  expect(reads(', compression: none')).toEqual(['cluster Restore', 'cluster ListArchive']);
  expect([reads(''), reads(', compression: none, engine: stream')]).toEqual([[], []]);
});

test('who locks or deletes what has expired has the rights for it, and nobody else', () => {
  const expiring = JSON.stringify(policies('', ', archive: { expire: P7Y, lock: { mode: governance, years: 1 } }'));
  const rights = ['PutObjectRetention', 'ListBucketVersions'];
  for (const right of rights) expect(expiring).toContain(`s3:${right}`);
  for (const right of rights) expect(JSON.stringify(policies())).not.toContain(`s3:${right}`);
});

test('a key, tags and no aurora engine are each in the policies or left out', () => {
  const key = 'arn:aws:kms:eu-central-1:123456789012:key/one';
  const both = policies(`, kmsKey: "${key}", tagging: true`);
  expect(both.map(({ document }) => document.Statement.at(-1)?.Resource)).toEqual([key, key]);
  expect(JSON.stringify(both)).toContain('s3:PutObjectTagging');
  expect(policies('', ', engine: stream').map(({ role }) => role)).toEqual(['worker']);
});
