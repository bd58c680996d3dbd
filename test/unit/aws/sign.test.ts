import { expect, test } from 'vitest';
import { presigned } from '../../../src/aws/sign.ts';
import { iamToken } from '../../../src/mysql/session/login.ts';

test('a URL is signed as the example of the S3 manual is', () => {
  const scope = { region: 'us-east-1', service: 's3', now: new Date('2013-05-24T00:00:00Z') };
  const credentials = {
    accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
    secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  };
  const url = new URL('https://examplebucket.s3.amazonaws.com/test.txt');
  const signed = presigned(url, scope, credentials, { seconds: 86_400, hash: 'UNSIGNED-PAYLOAD' });
  expect(signed.searchParams.get('X-Amz-Signature')).toBe(
    'aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404',
  );
});

test('a token of IAM names host, port, user and a quarter of an hour, and has no scheme', async () => {
  process.env.AWS_ACCESS_KEY_ID ??= 'an-id';
  process.env.AWS_SECRET_ACCESS_KEY ??= 'a-secret';
  const host = 'bank.cluster-abc123.eu-central-1.rds.amazonaws.com';
  const token = await iamToken(
    { host, port: 3306, user: 'sediment' },
    'eu-central-1',
    new Date('2026-11-29T00:00:00Z'),
  );
  const { host: named, searchParams } = new URL(`https://${token}`);
  expect(named).toBe(`${host}:3306`);
  expect(Object.fromEntries(searchParams)).toMatchObject({
    Action: 'connect',
    DBUser: 'sediment',
    'X-Amz-Expires': '900',
    'X-Amz-Date': '20261129T000000Z',
  });
  expect(searchParams.get('X-Amz-Credential')).toMatch(/\/20261129\/eu-central-1\/rds-db\/aws4_request$/);
});
