import { expect, test } from 'vitest';
import { AuroraLoadFailed, AuroraLoadRefused, namedLoadError } from '../../../src/aurora/loadErrors.ts';
import {
  AuroraWriteFailed,
  AuroraWriteRefused,
  LocalDiskFull,
  namedWriteError,
} from '../../../src/aurora/writeErrors.ts';
import { judge } from '../../../src/job/verdict.ts';

const writing = {
  ...{ table: 'bank.orders 2026-01-05', bucket: 'archive', folder: '_staging/aurora/x/' },
  ...{ user: 'sediment', rows: 640 },
};

function named(message: string, errno = 63985): Error {
  const found = namedWriteError(Object.assign(new Error(message), { errno, sqlState: 'HY000' }), writing);
  if (!(found instanceof Error)) throw new Error('no error');
  return found;
}

test.each([
  [
    'S3 API returned error: Both aurora_select_into_s3_role and aws_default_s3_role are not specified',
    /aws_default_s3_role: aws rds modify/,
  ],
  ['S3 API returned error: Missing Credentials: Cannot instantiate S3 Client', /aws rds add-role-to-db-cluster/],
  ['Unable to initialize S3Stream', /aws rds add-role-to-db-cluster/],
  [
    'Access denied; you need (at least one of) the SELECT INTO S3 privilege(s)',
    /GRANT AWS_SELECT_S3_ACCESS TO 'sediment'/,
  ],
  ['S3 API returned error: AccessDenied:Access Denied', /s3:PutObject.*arn:aws:s3:::archive\/_staging\/aurora\/x\/\*/],
  ['S3 API returned error: KMS.DisabledException:key', /kms:GenerateDataKey/],
])('%s stops the table with what mends it', (message, remedy) => {
  for (const errno of [1871, 63985]) {
    const found = named(message, errno);
    expect(found).toBeInstanceOf(AuroraWriteRefused);
    expect(found.message).toMatch(remedy);
    expect(found.message).toContain('bank.orders 2026-01-05');
  }
});

test('a full local disk says how many rows didn’t fit, and where its room is seen', () => {
  const found = named("Error writing file '/tmp/x' (OS errno 28 - No space left on device)", 3);
  expect(found).toBeInstanceOf(LocalDiskFull);
  expect(found).toMatchObject({ rows: 640, message: expect.stringMatching(/FreeLocalStorage.*engine: stream/) });
});

test('what passes by itself is tried again: no route, a full disk, leftovers, S3’s own failure', () => {
  for (const message of [
    'S3 API returned error: Network Connection',
    "Error writing file '/tmp/x' (OS errno 28 - No space left on device)",
    'S3 API returned error: The file prefix r1 already exists',
    'S3 API returned error: InternalError',
  ]) {
    expect(named(message)).toBeInstanceOf(AuroraWriteFailed);
    expect(judge(named(message)).verdict).toBe('retry');
  }
});

test('another error of the server keeps its own name and verdict', () => {
  const demoted = Object.assign(new Error('Running in read-only mode'), { errno: 1836, sqlState: 'HY000' });
  expect(namedWriteError(demoted, writing)).toBe(demoted);
  expect(judge(demoted).verdict).toBe('retry');
});

test('a load that the server refuses says what lets it read, and one that passes is tried again', () => {
  const object = { into: 'bank.orders 2026-01-05, into bank.back', bucket: 'archive', key: 'x.csv', prefix: '' };
  const load = (message: string) =>
    namedLoadError(Object.assign(new Error(message), { errno: 63985 }), { ...object, user: 'sediment' });
  for (const [message, remedy] of [
    ['Access denied; you need the LOAD FROM S3 privilege(s)', /GRANT AWS_LOAD_S3_ACCESS TO 'sediment'/],
    ['S3 API returned error: AccessDenied', /s3:GetObjectVersion on arn:aws:s3:::archive\/\*/],
    ['S3 API returned error: KMS.DisabledException', /kms:Decrypt/],
    ['S3 API returned error: Both aurora_load_from_s3_role and … are not specified', /aws rds modify/],
  ] as const) {
    expect(load(message)).toBeInstanceOf(AuroraLoadRefused);
    expect(String(load(message))).toMatch(remedy);
  }
  expect(load('S3 API returned error: Network Connection')).toBeInstanceOf(AuroraLoadFailed);
  expect(judge(load('S3 API returned error: Network Connection')).verdict).toBe('retry');
});
