import type { Session } from '../src/mysql/session/session.ts';

/** The demo's tables, each of a different shape; `rows` a day for 75 days, about 600,000 in all. */
export const bankTables = [
  { table: 'transactions', timeColumn: 'booked_at', rows: 3_500 },
  { table: 'card_events', timeColumn: 'happened_at', rows: 2_500 },
  { table: 'audit_log', timeColumn: 'logged_at', rows: 800 },
  { table: 'sessions', timeColumn: 'started_ms', rows: 1_200, timeKind: 'epochMillis' as const },
];

const creates = [
  `CREATE TABLE bank.transactions (
     account BIGINT UNSIGNED NOT NULL, number BIGINT UNSIGNED NOT NULL, booked_at DATETIME(6) NOT NULL,
     amount DECIMAL(18, 4) NOT NULL, currency CHAR(3) NOT NULL, purpose VARCHAR(140) NULL,
     PRIMARY KEY (account, number), KEY by_time (booked_at))`,
  `CREATE TABLE bank.card_events (
     id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, happened_at TIMESTAMP(3) NOT NULL, card BINARY(8) NOT NULL,
     event JSON NOT NULL, KEY by_time (happened_at))`,
  `CREATE TABLE bank.audit_log (
     id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, logged_at DATETIME(6) NOT NULL, actor VARCHAR(40) NOT NULL,
     entry TEXT NOT NULL, KEY by_time (logged_at))`,
  `CREATE TABLE bank.sessions (
     id CHAR(32) NOT NULL PRIMARY KEY, started_ms BIGINT NOT NULL, seconds INT UNSIGNED NULL, score DOUBLE NULL,
     KEY by_time (started_ms))`,
];

/** Rows `n` of one day, from numbers 0…rows−1 in `n` and the day's midnight (UTC) as `d`. */
const inserts: Record<string, string> = {
  transactions: `INSERT INTO bank.transactions SELECT n % 97, ? * 1000000 + n, d + INTERVAL n * 24 SECOND + INTERVAL n MICROSECOND,
     (n * 7919 % 1000000) / 100 - 5000, ELT(1 + n % 3, 'EUR', 'USD', 'CHF'), IF(n % 11 = 0, NULL, CONCAT('Invoice "', n, '", café ☕\\n\\\\', n % 7))`,
  card_events: `INSERT INTO bank.card_events (happened_at, card, event) SELECT d + INTERVAL n * 34 SECOND, UNHEX(LPAD(HEX(n * 104729 + ?), 16, '0')),
     JSON_OBJECT('shop', CONCAT('s-', n % 50), 'cents', n * 3, 'tags', JSON_ARRAY('a', n % 5))`,
  audit_log: `INSERT INTO bank.audit_log (logged_at, actor, entry) SELECT d + INTERVAL n * 100 SECOND + INTERVAL n * 13 MICROSECOND,
     CONCAT('user', (n + ?) % 20),
     REPEAT(CONCAT('changed field ', n, '; '), 1 + n % 30)`,
  sessions: `INSERT INTO bank.sessions SELECT MD5_OR_ID, UNIX_TIMESTAMP(d) * 1000 + n * 71000 + n % 1000, IF(n % 9 = 0, NULL, n % 3600), n / 7e0`,
};

/** How the bank corrects a row of an old day. */
export const corrections: Record<string, string> = {
  transactions: 'amount = amount + 1',
  card_events: "event = JSON_SET(event, '$.corrected', TRUE)",
  audit_log: "entry = CONCAT(entry, ' corrected')",
  sessions: 'seconds = IFNULL(seconds, 0) + 1',
};

/** Makes the bank with `share` of its usual rows on each day, and returns how many rows it wrote. */
export async function fillBank(
  session: Session,
  days: readonly string[],
  share: number,
  tell: (done: number) => void,
): Promise<number> {
  await session.execute('CREATE DATABASE bank CHARACTER SET utf8mb4');
  await session.execute('SET SESSION cte_max_recursion_depth = 100000');
  for (const create of creates) await session.execute(create);
  let written = 0;
  for (const [index, day] of days.entries()) {
    for (const { table, rows } of bankTables)
      written += await insertRows(session, table, { day, index, first: 0, rows: Math.ceil(rows * share) });
    tell(index + 1);
  }
  return written;
}

/** Rows of one day of one table; no two batches of an index may hold the same numbers. */
export interface Batch {
  day: string;
  index: number;
  first: number;
  rows: number;
}

/** @returns how many rows it wrote */
export async function insertRows(session: Session, table: string, { day, index, first, rows }: Batch): Promise<number> {
  const select = (inserts[table] ?? '')
    .replace('MD5_OR_ID', `LPAD(HEX(${index} * 1000000 + n), 32, '0')`)
    .replace('?', String(index));
  const [into = '', ...rest] = select.split(' SELECT ');
  const numbers = `WITH RECURSIVE numbers (n) AS (SELECT ${first} UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < ${first + rows})`;
  return session.execute(
    `${into} ${numbers} SELECT ${rest.join(' SELECT ')} FROM numbers, (SELECT TIMESTAMP('${day}') AS d) AS days`,
  );
}
