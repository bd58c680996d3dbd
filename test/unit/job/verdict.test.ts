import { S3ServiceException } from '@aws-sdk/client-s3';
import { describe, expect, test } from 'vitest';
import { asFailure } from '../../../src/activities/failures.ts';
import { mysqlRules, mysqlStates, s3Rules, type Verdict } from '../../../src/job/errorTable.ts';
import { judge, judgeMysql, judgeS3 } from '../../../src/job/verdict.ts';
import { SessionRefused } from '../../../src/mysql/session/pinSession.ts';
import { AccessRefused, KeyExists, NoBucket, ObjectDamaged, ObjectTruncated } from '../../../src/s3/errors.ts';

const ofMysql = (errno: number, sqlState: string) => Object.assign(new Error('refused'), { errno, sqlState });
const ofS3 = (name: string, httpStatusCode: number) =>
  new S3ServiceException({ name, $fault: 'client', $metadata: { httpStatusCode } });

/** Each line of the table, by what it is for. */
const mysqlCases: [string, Verdict, number[]][] = [
  ['a full disk, memory, tables or connections', 'retry', [1021, 1037, 1038, 1040, 1041, 1114, 1135, 1203, 1206]],
  ['limits of an account and of transactions', 'retry', [1226, 1637, 3168, 3636, 4081]],
  [
    'a server that ends, and the network',
    'retry',
    [1042, 1043, 1053, 1077, 1079, 1080, 1152, 1158, 1159, 1160, 1161, 1184],
  ],
  [
    'locks, deadlocks, kills and limits of time',
    'retry',
    [1099, 1100, 1205, 1213, 1317, 1689, 1927, 1969, 3024, 3058, 3101, 3572, 4031],
  ],
  [
    'a definition that changed meanwhile',
    'retry',
    [1020, 1049, 1054, 1072, 1091, 1109, 1146, 1176, 1304, 1305, 1412, 1615],
  ],
  ['a server that became a replica', 'retry', [1015, 1036, 1209, 1290, 1792, 1836, 1874, 3100]],
  ['a database that was made read-only', 'stop', [3989]],
  ['a server under forced recovery', 'retry', [1881]],
  ['tables without tablespace or key', 'stop', [1812, 1814, 3185]],
  ['engines, replication and logs that don’t go together', 'stop', [1665, 1785, 3098]],
  ['a right that is missing', 'stop', [1044, 1142, 1143, 1227, 1370, 1410, 1419, 3202, 3530]],
  ['a login that is refused', 'stop', [1045, 1130, 1251, 1524, 1698, 1820, 1862, 3118, 3159, 3955, 4150, 4151]],
  ['a host that is blocked', 'stop', [1129]],
  ['a packet that is too large', 'stop', [1153, 1301]],
  [
    'a damaged table',
    'stop',
    [1016, 1017, 1030, 1033, 1034, 1035, 1194, 1195, 1602, 1712, 1805, 1817, 1877, 1932, 3000],
  ],
  ['a server whose own tables are of an older release', 'stop', [1459, 1547, 1548, 1558, 1728, 3009]],
  ['a value that doesn’t fit', 'stop', [1366, 1411, 1525]],
  ['foreign keys', 'stop', [1215, 1217, 1451]],
  ['a server without InnoDB, or with too small a stack', 'stop', [1286, 1436]],
  ['a limit of memory for each connection', 'stop', [4082]],
  ['a primary key that is asked for, and checks', 'stop', [3750, 3819, 4025]],
];

test.each(mysqlCases)('MySQL’s errors of %s are a %s', (_, verdict, errnos) => {
  for (const errno of errnos) expect([errno, judgeMysql(errno, 'HY000').verdict]).toEqual([errno, verdict]);
});

test('an engine that the server enforces is a stop with its variable, and a read-only server is tried again', () => {
  const refused = (option: string) =>
    Object.assign(
      new Error(`The MariaDB server is running with the ${option} option so it cannot execute this statement`),
      {
        ...{ errno: 1290, sqlState: 'HY000' },
      },
    );
  expect(judge(refused('NO_ENGINE_SUBSTITUTION'))).toMatchObject({
    ...{ verdict: 'stop', remedy: expect.stringContaining('enforce_storage_engine') },
  });
  expect(judge(refused('--read-only'))).toMatchObject({ verdict: 'retry', remedy: expect.stringContaining('writer') });
  expect(judge(refused('--skip-grant-tables'))).toMatchObject({
    ...{ verdict: 'retry', remedy: expect.stringContaining('without --skip-grant-tables') },
  });
});

test('every line of MySQL’s table has its case here, and no other', () => {
  expect(mysqlCases.flatMap(([, , errnos]) => errnos).sort()).toEqual([...mysqlRules.keys()].sort());
});

const stateCases: [string, Verdict][] = [
  ['08', 'retry'],
  ['40', 'retry'],
  ['70', 'retry'],
  ['XA', 'retry'],
  ['0A', 'defect'],
  ['0K', 'defect'],
  ['0Z', 'defect'],
  ['20', 'defect'],
  ['2F', 'defect'],
  ['35', 'defect'],
  ['SR', 'defect'],
  ['SU', 'defect'],
  ['21', 'defect'],
  ['22', 'stop'],
  ['23', 'stop'],
  ['24', 'defect'],
  ['25', 'defect'],
  ['28', 'stop'],
  ['3D', 'defect'],
  ['42', 'defect'],
  ['45', 'stop'],
];

test.each(stateCases)('an error of SQLSTATE class %s without a line of its own is a %s', (state, verdict) => {
  expect(judgeMysql(9_999, `${state}000`).verdict).toBe(verdict);
});

test('every class of the table has its case, and an error that says nothing is tried again', () => {
  expect(stateCases.map(([state]) => state).sort()).toEqual([...mysqlStates.keys()].sort());
  expect(judgeMysql(1105, 'HY000')).toEqual({ verdict: 'retry' });
});

const s3Cases: [string, Verdict, string[]][] = [
  [
    'a store under load',
    'retry',
    [
      'SlowDown',
      'ServiceUnavailable',
      'InternalError',
      'RequestTimeout',
      'RequestTimeTooSkewed',
      'Throttling',
      'ThrottlingException',
      'TooManyRequests',
      'RequestLimitExceeded',
      'BandwidthLimitExceeded',
      'OperationAborted',
    ],
  ],
  ['credentials that are renewed', 'retry', ['ExpiredToken', 'ExpiredTokenException', 'TokenRefreshRequired']],
  ['an upload that a fence has aborted', 'retry', ['NoSuchUpload', 'InvalidPart', 'InvalidPartOrder']],
  [
    'bytes that were damaged on their way',
    'retry',
    ['BadDigest', 'InvalidDigest', 'IncompleteBody', 'XAmzContentSHA256Mismatch', 'XAmzContentChecksumMismatch'],
  ],
  [
    'a condition that was refused',
    'retry',
    ['PreconditionFailed', 'ConditionalRequestConflict', 'RestoreAlreadyInProgress'],
  ],
  ['a full store', 'retry', ['QuotaExceeded', 'InsufficientStorage', 'XMinioStorageFull']],
  [
    'access that is refused',
    'stop',
    [
      'AccessDenied',
      'AllAccessDisabled',
      'AccountProblem',
      'InvalidAccessKeyId',
      'SignatureDoesNotMatch',
      'Forbidden',
      'InvalidToken',
      'InvalidSecurity',
      'NotSignedUp',
      'UnauthorizedAccess',
    ],
  ],
  [
    'another region',
    'stop',
    ['PermanentRedirect', 'TemporaryRedirect', 'AuthorizationHeaderMalformed', 'IllegalLocationConstraintException'],
  ],
  ['a bucket that is missing', 'stop', ['NoSuchBucket', 'InvalidBucketName']],
  ['an object that is missing', 'stop', ['NoSuchKey', 'NoSuchVersion', 'NotFound', 'InvalidRange']],
  ['an archive tier', 'stop', ['InvalidObjectState', 'ObjectNotInActiveTierError']],
  [
    'a key of encryption',
    'stop',
    [
      'KMS.DisabledException',
      'KMS.NotFoundException',
      'KMS.KMSInvalidStateException',
      'KMS.InvalidStateException',
      'KMS.AccessDeniedException',
      'KMS.InvalidKeyUsageException',
    ],
  ],
  ['more than S3 takes', 'stop', ['KeyTooLongError', 'EntityTooLarge']],
  ['what is no S3', 'stop', ['NotImplemented', 'MethodNotAllowed']],
];

test.each(s3Cases)('S3’s errors of %s are a %s', (_, verdict, codes) => {
  for (const code of codes) expect([code, judgeS3(code, 400).verdict]).toEqual([code, verdict]);
});

test('every code of S3’s table has its case here, and others are judged by their status', () => {
  expect(s3Cases.flatMap(([, , codes]) => codes).sort()).toEqual([...s3Rules.keys()].sort());
  const byStatus = (status: number | undefined) => judgeS3('OfTomorrow', status).verdict;
  for (const status of [undefined, 200, 408, 409, 412, 425, 429, 500, 502, 503, 504])
    expect([status, byStatus(status)]).toEqual([status, 'retry']);
  for (const status of [401, 403, 404]) expect([status, byStatus(status)]).toEqual([status, 'stop']);
  for (const status of [400, 411, 414]) expect([status, byStatus(status)]).toEqual([status, 'defect']);
});

describe('an error of ours', () => {
  test.each<[string, Error, Verdict]>([
    ['a session that can’t be pinned', new SessionRefused('autocommit', '0', '1'), 'stop'],
    ['a bucket that isn’t there', new NoBucket('archive'), 'stop'],
    ['a refused key', new AccessRefused('archive', 'InvalidAccessKeyId'), 'stop'],
    ['a token that is out of date', new AccessRefused('archive', 'ExpiredToken'), 'retry'],
    ['a machine’s role that isn’t there yet', new AccessRefused('archive', 'no credentials found'), 'retry'],
    ['a body that was cut off', new ObjectTruncated('k', 1, 2), 'retry'],
    ['an object that is another', new ObjectDamaged('k', 'is another'), 'stop'],
    ['a key that exists', new KeyExists('k', { cause: ofS3('PreconditionFailed', 412) }), 'retry'],
    ['an error that wraps S3’s', new Error('wrapped', { cause: ofS3('InvalidObjectState', 403) }), 'stop'],
    ['the network’s', Object.assign(new Error('reset'), { errno: -104, code: 'ECONNRESET' }), 'retry'],
    ['an unknown one', new Error('?'), 'retry'],
  ])('of %s is a %s', (_, error, verdict) => {
    expect(judge(error).verdict).toBe(verdict);
  });
});

test('a stop that a server answered names its table, its day and what a person does', () => {
  const input = { table: 'bank.orders', day: '2026-01-05' };
  expect(asFailure(ofMysql(1142, '42000'), input)).toMatchObject({
    nonRetryable: true,
    message: 'bank.orders 2026-01-05: refused. The user lacks a right: sediment doctor --grants prints what it needs',
  });
});

test('a defect asks to be reported, and isn’t tried for ever (P94)', () => {
  expect(asFailure(ofMysql(1064, '42000'), {})).toMatchObject({
    nonRetryable: true,
    message: expect.stringContaining('please report this line'),
  });
});
