import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { parseConfig } from '../../../src/config/load.ts';
import { createLogger, type LoggerOptions, logLevel } from '../../../src/telemetry/logger.ts';
import { secretsOf } from '../../../src/telemetry/runtime.ts';
import { labelsOf } from '../../../src/telemetry/workflowLabels.ts';
import { archiveId, auditId, backfillId, dailyId, healId, purgeId, verifyId } from '../../../src/workflows/ids.ts';

const secret = 'p@ss "word"';

function logging(options: Partial<LoggerOptions> = {}) {
  const lines: string[] = [];
  const write = (line: string) => void lines.push(line);
  const logger = createLogger({ source: 'bank', level: 'info', readable: false, secrets: [secret], write, ...options });
  return { logger, lines };
}

test('a secret is hidden wherever it turns up: in a message, a field, a cause, an address', () => {
  const { logger, lines } = logging();
  const error = new Error(`refused ${secret}`, { cause: new Error(`mysql://root:${encodeURIComponent(secret)}@db`) });
  logger.error(`with ${secret}`, { given: secret, error });
  const text = lines.join('');
  expect(text.match(/\[secret\]/g)?.length).toBeGreaterThanOrEqual(4);
  for (const form of [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)])
    expect(text).not.toContain(form);
  expect(() => JSON.parse(text)).not.toThrow();
});

test('a driver’s error tells its code and not its statement, which holds rows', () => {
  const { logger, lines } = logging();
  const error = Object.assign(new Error('Duplicate'), { code: 'ER_DUP_ENTRY', sql: "INSERT INTO t VALUES ('Ada')" });
  logger.warn('failed', { error });
  expect(JSON.parse(String(lines[0]))).toMatchObject({ error: { code: 'ER_DUP_ENTRY', message: 'Duplicate' } });
  expect(lines[0]).not.toContain('Ada');
});

test('a secret that contains another one is hidden whole', () => {
  const { logger, lines } = logging({ secrets: ['pass', 'passphrase'] });
  logger.info('with passphrase and pass');
  expect(JSON.parse(String(lines[0])).msg).toBe('with [secret] and [secret]');
});

test('the secrets are those of the source and of its replicas, S3’s and Temporal’s, each once', () => {
  const { source } = parseConfig(
    `source:
  name: bank
  url: "mysql://u:one@127.0.0.1"
  replicas: ["mysql://r:two@db-2", "mysql://db-3"]
store: { bucket: archive, region: us-east-1 }
tables: [{ table: shop.orders, timeColumn: t }]
`,
    'test',
    {},
  );
  const env = { AWS_SECRET_ACCESS_KEY: 'three', TEMPORAL_API_KEY: 'four', AWS_ACCESS_KEY_ID: 'no secret' };
  expect(secretsOf({ source }, env).sort()).toEqual(['four', 'one', 'three', 'two']);
});

test('a field never overwrites the time, the level or the message of its line', () => {
  const { logger, lines } = logging();
  logger.info('purgeSlice', { time: 'held 48 %', level: 'full', msg: 'other', rows: 3 });
  expect(lines[0]?.match(/"(time|level|msg)":/g)).toHaveLength(3);
  expect(JSON.parse(String(lines[0]))).toMatchObject({
    level: 'info',
    msg: 'purgeSlice',
    time_: 'held 48 %',
    level_: 'full',
    msg_: 'other',
    rows: 3,
  });
});

test('a line below the level isn’t written, and another level is refused with the names', () => {
  const { logger, lines } = logging({ level: 'warn' });
  logger.info('quiet');
  logger.log('WARN', 'loud', { workflowId: 'purge/bank/shop/orders' });
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([{ msg: 'loud', table: 'shop.orders', level: 'warn' }]);
  expect(logLevel({})).toBe('info');
  expect(() => logLevel({ SEDIMENT_LOG: 'verbose' })).toThrow('Write one of trace, debug, info, warn, error');
});

test('a line names its source once: its workflow’s own, for any worker of the namespace runs workflows', () => {
  const { logger, lines } = logging();
  logger.info('started');
  logger.info('replayed', { workflowId: 'purge/other/shop/orders' });
  expect(lines.map((line) => line.match(/"source":"\w+"/g))).toEqual([['"source":"bank"'], ['"source":"other"']]);
});

test('on a terminal a line reads as one', () => {
  const { logger, lines } = logging({ readable: true });
  logger.info('exportPartition', { workflow: 'archive/bank/shop/orders/2026-11-21', rows: 1204 });
  expect(lines[0]).toMatch(/^\d\d:\d\d:\d\d {2}info {3}exportPartition {2}shop\.orders 2026-11-21 {2}rows=1204\n$/);
});

test.each([
  [archiveId('bank', 'shop.`a/b.c`', '2026-11-21'), { source: 'bank', table: 'shop.`a/b.c`', day: '2026-11-21' }],
  [healId('bank', 'shop.orders', '2026-11-21'), { source: 'bank', table: 'shop.orders', day: '2026-11-21' }],
  [verifyId('bank', 'shop.orders', '2026-11-21'), { source: 'bank', table: 'shop.orders', day: '2026-11-21' }],
  [purgeId('bank', 'shop.orders'), { source: 'bank', table: 'shop.orders' }],
  [auditId('bank'), { source: 'bank' }],
  [auditId('bank', 'shop.orders'), { source: 'bank', table: 'shop.orders' }],
  [dailyId('bank', '2026-11-21'), { source: 'bank', day: '2026-11-21' }],
  ['daily/bank-1-2026-11-22T01:30:00Z', { source: 'bank-1' }],
  ['audit/bank-1-2026-11-22T03:00:00Z', { source: 'bank-1' }],
  [backfillId('bank', '2026-11-01', '2026-11-21', undefined), { source: 'bank' }],
  [backfillId('bank', '2026-11-21', '2026-11-21', undefined), { source: 'bank', day: '2026-11-21' }],
  [backfillId('bank', '2026-11-01', '2026-11-21', ['shop.orders', 'shop.users']), { source: 'bank' }],
  [backfillId('bank', '2026-11-01', '2026-11-21', ['shop.orders']), { source: 'bank', table: 'shop.orders' }],
  [
    backfillId('bank', '2026-11-21', '2026-11-21', ['shop.`a/b.c`']),
    { source: 'bank', table: 'shop.`a/b.c`', day: '2026-11-21' },
  ],
  ['backfill/bank/2026-11-21..2026-11-21/orders.of.2026', { source: 'bank', day: '2026-11-21' }],
  ['archive/bank', {}],
  ['by-hand', {}],
])('a workflow’s id tells its place on each log line: %s', (id, place) => {
  expect(labelsOf(id)).toEqual(place);
});

/** Names that mean something to a line or to its writer, and any others. */
const names = fc.oneof(
  fc.constantFrom('time', 'level', 'msg', 'time_', 'msg_', 'err', 'error', 'source', 'table', 'toJSON', '__proto__'),
  fc.string(),
);
const values = fc.oneof(fc.string(), fc.double(), fc.boolean(), fc.constant(null), fc.constant(new Error('failed')));

test('whatever attributes a line is given, its time, level and message are its own, and no name comes twice', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(names, values), { maxLength: 8 }), fc.string(), (attributes, message) => {
      const { logger, lines } = logging();
      logger.info(message, Object.fromEntries(attributes));
      expect(lines).toHaveLength(1);
      // JSON.parse would take the last of two; YAML refuses a name that comes twice.
      parse(String(lines[0]), { uniqueKeys: true, strict: true });
      const line = JSON.parse(String(lines[0]));
      expect(line.level).toBe('info');
      expect(line.msg).toBe(message);
      expect(Math.abs(Date.parse(line.time) - Date.now())).toBeLessThan(10_000);
      for (const name of ['time', 'level', 'msg'].filter((each) => attributes.some(([own]) => own === each)))
        expect(Object.keys(line).some((each) => each.startsWith(`${name}_`))).toBe(true);
    }),
  );
});

test('an error under any name tells no statement', () => {
  const { logger, lines } = logging();
  const error = Object.assign(new Error('Duplicate'), { sql: "INSERT INTO t VALUES ('Ada')" });
  logger.warn('failed', { err: error, reason: error, error });
  expect(lines[0]).not.toContain('Ada');
});

test('what the SDK says of itself at info is for debugging; a day’s line is read by people', () => {
  const { logger, lines } = logging({ readable: true });
  logger.info('Worker state changed', { sdkComponent: 'worker', state: 'RUNNING' });
  logger.warn('No activities registered, not polling for activity tasks', { sdkComponent: 'worker' });
  logger.info('shop.orders 2026-11-21 archived: 12,400 rows, 1.1 MB, 2.1 s', {
    event: 'archived',
    table: 'shop.orders',
    day: '2026-11-21',
    rows: 12_400,
    sdkComponent: 'activity',
  });
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(
    /^\d\d:\d\d:\d\d {2}info {3}shop\.orders 2026-11-21 archived: 12,400 rows, 1\.1 MB, 2\.1 s\n$/,
  );
});
