import { expect, test } from 'vitest';
import { createLogger, type LoggerOptions, logLevel } from '../../src/telemetry/logger.ts';
import { placeOf } from '../../src/telemetry/place.ts';

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

test('a line below the level isn’t written, and another level is refused with the names', () => {
  const { logger, lines } = logging({ level: 'warn' });
  logger.info('quiet');
  logger.log('WARN', 'loud', { workflowId: 'purge/bank/shop/orders' });
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([{ msg: 'loud', table: 'shop.orders', level: 'warn' }]);
  expect(logLevel({})).toBe('info');
  expect(() => logLevel({ SEDIMENT_LOG: 'verbose' })).toThrow('Write one of trace, debug, info, warn, error');
});

test('on a terminal a line reads as one', () => {
  const { logger, lines } = logging({ readable: true });
  logger.info('exportPartition', { workflow: 'archive/bank/shop/orders/2026-11-21', rows: 1204 });
  expect(lines[0]).toMatch(/^\d\d:\d\d:\d\d {2}info {3}exportPartition {2}shop\.orders 2026-11-21 {2}rows=1204\n$/);
});

test('a workflow’s id tells its place, dots and slashes in names included', () => {
  expect(placeOf('archive/bank/shop/a%2Fb.c/2026-11-21')).toEqual({
    source: 'bank',
    table: 'shop.`a/b.c`',
    day: '2026-11-21',
  });
  expect(placeOf('purge/bank/shop/orders')).toEqual({ source: 'bank', table: 'shop.orders' });
  expect(placeOf('daily/bank')).toEqual({});
  expect(placeOf('archive/bank')).toEqual({});
});
