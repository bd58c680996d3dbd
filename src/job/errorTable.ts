/**
 * What an error means for an attempt: `retry` where it passes by itself or the next attempt sees more; `stop` where a
 * person has to do something first; `defect` where the same statement or request would be refused for ever.
 */
export type Verdict = 'retry' | 'stop' | 'defect';

export interface Judged {
  verdict: Verdict;
  /** What a person does about it. */
  remedy?: string | undefined;
}

const retry: Judged = { verdict: 'retry' };
const defect: Judged = { verdict: 'defect' };
const stop = (remedy: string): Judged => ({ verdict: 'stop', remedy });

const rights = stop('The user lacks a right: sediment doctor --grants prints what it needs');
const login = stop('Look at source.url and source.password, give all workers the new one, and restart them');
const packet = stop('Raise max_allowed_packet on the server, and restart the workers');
const damaged = stop('The table is damaged: look at the server’s error log, CHECK TABLE, and repair or restore it');
const value = stop('A value doesn’t fit where Sediment puts it: look at the row, and please report this line');
const older = stop('The server’s own tables are of an older release than it: run mysql_upgrade, or mariadb-upgrade');
const readOnly: Judged = {
  verdict: 'retry',
  remedy:
    'The server takes no writes: it is a replica, became one, or runs under innodb_force_recovery. Point source.url at the writer',
};
const gone: Judged = {
  verdict: 'retry',
  remedy: 'The table or the ledger was changed or dropped meanwhile; the next attempt looks at it again',
};

/** MySQL's and MariaDB's own numbers, where the class of their SQLSTATE says too little or another thing. */
export const mysqlRules: ReadonlyMap<number, Judged> = new Map([
  // Full, overloaded, restarting: passes by itself or by an operator's hand, and nothing of ours has to be changed.
  ...[1021, 1037, 1038, 1040, 1041, 1114, 1135, 1203, 1206, 1226, 1637, 3168, 3636, 4081].map(
    (errno) => [errno, retry] as const,
  ),
  ...[1042, 1043, 1053, 1077, 1079, 1080, 1152, 1158, 1159, 1160, 1161, 1184].map((errno) => [errno, retry] as const),
  // A lock, a deadlock, a kill, a limit of time.
  ...[1099, 1100, 1205, 1213, 1317, 1689, 1927, 1969, 3024, 3058, 3101, 3572, 4031].map(
    (errno) => [errno, retry] as const,
  ),
  // The definition changed under the statement, or a procedure was dropped: the next attempt reads it again.
  ...[1020, 1049, 1054, 1072, 1091, 1109, 1146, 1176, 1304, 1305, 1412, 1615].map((errno) => [errno, gone] as const),
  // The server became a replica, or is one.
  ...[1015, 1036, 1209, 1290, 1792, 1836, 1874, 3100].map((errno) => [errno, readOnly] as const),
  [
    1881,
    {
      verdict: 'retry',
      remedy: 'The server runs under innodb_force_recovery and takes no writes: restart it without, once it is sound',
    },
  ],
  [
    3989,
    stop(
      'The database is read-only: ALTER DATABASE … READ ONLY = 0 once that is meant, or take its tables out of the policy file',
    ),
  ],
  ...[1044, 1142, 1143, 1227, 1370, 1410, 1419, 3202, 3530].map((errno) => [errno, rights] as const),
  ...[1045, 1130, 1251, 1524, 1698, 1820, 1862, 3118, 3159, 3955, 4150, 4151].map((errno) => [errno, login] as const),
  [1129, stop('The server has blocked this host after failed connections: FLUSH HOSTS on the server')],
  ...[1153, 1301].map((errno) => [errno, packet] as const),
  ...[1016, 1017, 1030, 1033, 1034, 1035, 1194, 1195, 1602, 1712, 1805, 1817, 1877, 1932, 3000].map(
    (errno) => [errno, damaged] as const,
  ),
  ...[1812, 1814].map(
    (errno) =>
      [errno, stop('The table has no tablespace: ALTER TABLE … IMPORT TABLESPACE, or restore the table')] as const,
  ),
  [
    3185,
    stop(
      'The server lacks the key of an encrypted table: look at its keyring, and at default_table_encryption where a table is made',
    ),
  ],
  [1785, stop('A table of another engine than InnoDB is written too: ALTER TABLE … ENGINE = InnoDB')],
  [3098, stop('Group replication refuses the table: the server’s error log says why')],
  [
    1665,
    stop('The binary log is in statement format, in which InnoDB takes no changes: SET GLOBAL binlog_format = ROW'),
  ],
  ...[1459, 1547, 1548, 1558, 1728, 3009].map((errno) => [errno, older] as const),
  ...[1366, 1411, 1525].map((errno) => [errno, value] as const),
  [1215, stop('A foreign key is in the way: SHOW ENGINE INNODB STATUS names it')],
  ...[1217, 1451].map(
    (errno) => [errno, stop('Delete or purge the rows that refer to these first, or drop the foreign key')] as const,
  ),
  [4082, stop('The server limits what a connection may hold: raise connection_memory_limit, a few MB at least')],
  [1286, stop('The server has no InnoDB: the ledger needs it')],
  [1436, stop('Raise thread_stack on the server, and restart it')],
  [3750, stop('Unset sql_require_primary_key for the ledger’s user')],
  [
    3819,
    stop('A CHECK constraint refuses a row of the ledger: it was altered. Put its tables back as sql/ledger has them'),
  ],
  [
    4025,
    stop('A CHECK constraint refuses a row of the ledger: it was altered. Put its tables back as sql/ledger has them'),
  ],
]);

/** By the first two characters of the SQLSTATE, for all others. */
export const mysqlStates: ReadonlyMap<string, Judged> = new Map([
  ['08', retry],
  ['40', retry],
  ['70', retry],
  ['XA', retry],
  ['0A', defect],
  ['0K', defect],
  ['0Z', defect],
  ['20', defect],
  ['21', defect],
  ['22', value],
  ['23', stop('A row of the ledger is in the way: it was edited, or restored in part. Look at the ledger’s tables')],
  ['24', defect],
  ['25', defect],
  ['28', login],
  ['2F', defect],
  ['35', defect],
  ['3D', defect],
  ['42', defect],
  ['SR', defect],
  ['SU', defect],
  ['45', stop('A trigger or a procedure refused it: look at what the message says')],
]);

const key = stop(
  'KMS refuses the key of the bucket’s encryption: enable it, and give the role kms:Decrypt and kms:GenerateDataKey',
);
const access = stop('Look at the role or the keys of this process: docs/deploy.md lists what it needs');
const archived = stop('The object lies in an archive tier: restore it (aws s3api restore-object), then go on');
const missing = stop('Put the object back from its versions, then go on');
const elsewhere = stop(
  'The bucket is in another region, or behind another endpoint: mend store.region or store.endpoint',
);

/** S3's own codes. */
export const s3Rules: ReadonlyMap<string, Judged> = new Map([
  ...['SlowDown', 'ServiceUnavailable', 'InternalError', 'RequestTimeout', 'RequestTimeTooSkewed', 'Throttling'].map(
    (code) => [code, retry] as const,
  ),
  ...[
    'ThrottlingException',
    'TooManyRequests',
    'RequestLimitExceeded',
    'BandwidthLimitExceeded',
    'OperationAborted',
  ].map((code) => [code, retry] as const),
  // Temporary credentials are renewed; a fence has aborted the upload; the bytes were damaged on their way.
  ...[
    'ExpiredToken',
    'ExpiredTokenException',
    'TokenRefreshRequired',
    'NoSuchUpload',
    'InvalidPart',
    'InvalidPartOrder',
  ].map((code) => [code, retry] as const),
  ...['BadDigest', 'InvalidDigest', 'IncompleteBody', 'XAmzContentSHA256Mismatch', 'XAmzContentChecksumMismatch'].map(
    (code) => [code, retry] as const,
  ),
  ...['PreconditionFailed', 'ConditionalRequestConflict', 'RestoreAlreadyInProgress'].map(
    (code) => [code, retry] as const,
  ),
  ...[
    'AccessDenied',
    'AllAccessDisabled',
    'AccountProblem',
    'InvalidAccessKeyId',
    'SignatureDoesNotMatch',
    'Forbidden',
  ].map((code) => [code, access] as const),
  ...['InvalidToken', 'InvalidSecurity', 'NotSignedUp', 'UnauthorizedAccess'].map((code) => [code, access] as const),
  ...[
    'PermanentRedirect',
    'TemporaryRedirect',
    'AuthorizationHeaderMalformed',
    'IllegalLocationConstraintException',
  ].map((code) => [code, elsewhere] as const),
  ...['NoSuchBucket', 'InvalidBucketName'].map(
    (code) => [code, stop('Create the bucket, with versioning on, or mend store.bucket')] as const,
  ),
  ...['NoSuchKey', 'NoSuchVersion', 'NotFound'].map((code) => [code, missing] as const),
  ...['InvalidObjectState', 'ObjectNotInActiveTierError'].map((code) => [code, archived] as const),
  ...[
    'KMS.DisabledException',
    'KMS.NotFoundException',
    'KMS.KMSInvalidStateException',
    'KMS.InvalidStateException',
  ].map((code) => [code, key] as const),
  ...['KMS.AccessDeniedException', 'KMS.InvalidKeyUsageException'].map((code) => [code, key] as const),
  ...['QuotaExceeded', 'InsufficientStorage', 'XMinioStorageFull'].map(
    (code) => [code, { ...retry, remedy: 'The store is full' }] as const,
  ),
  ...['KeyTooLongError', 'EntityTooLarge'].map(
    (code) => [code, stop('The config asks for more than S3 takes: shorten store.prefix, or lower partBytes')] as const,
  ),
  ['InvalidRange', missing],
  [
    'NotImplemented',
    stop('The store doesn’t know this request: use one with multipart uploads, checksums and conditional writes'),
  ],
  ['MethodNotAllowed', stop('What answers at store.endpoint is no S3, or a delete marker was asked for: look at both')],
]);

/** The archive isn't what was written. A retry would read the same. */
export const damagedArchive: Judged = stop('Look at the object’s versions and put the right one back, then go on');

/** What `AccessRefused` says in place of S3's code where none was asked: the machine's role may be there in a moment. */
export const noCredentials = 'no credentials found';
