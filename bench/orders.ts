import type { Session } from '../src/mysql/session/session.ts';

/** The benches' table: rows of 175 bytes as CSV, all of one closed day, in the order in which they were written. */
export const orders = { database: 'bench', table: 'orders', timeColumn: 'created_at', day: '2026-01-05' };

const columns = `id BIGINT UNSIGNED AUTO_INCREMENT, account BIGINT UNSIGNED NOT NULL, created_at DATETIME(6) NOT NULL,
  amount DECIMAL(18,4) NOT NULL, currency CHAR(3) NOT NULL, status VARCHAR(12) NOT NULL, reference CHAR(32) NOT NULL,
  note VARCHAR(200) NULL, KEY by_time (created_at)`;

/** Rows one statement writes: its transaction has to fit into memory and binary log. */
const batchRows = 100_000;

/** Fills the table, 86 seconds' worth of a day at most a row, and reports after each batch how many rows there are. */
export async function fillOrders(session: Session, rows: number, tell: (rows: number) => void): Promise<void> {
  await session.execute('CREATE DATABASE bench CHARACTER SET utf8mb4');
  await createOrders(session, orders.table);
  await fillDay(session, orders, rows, { tell });
  await session.execute('ANALYZE TABLE bench.orders');
}

/** An empty table of the benches' shape, laid out in native partitions where `ranges` says so. */
export async function createOrders(session: Session, table: string, ranges?: string): Promise<void> {
  // Every unique key has to hold the column that native partitions go by.
  const key = ranges === undefined ? 'id' : 'id, created_at';
  await session.execute(`CREATE TABLE bench.${table} (${columns}, PRIMARY KEY (${key})) ${ranges ?? ''}`);
}

/** Adds rows of one day, in batches; none of them in the binary log, unless a replica has to have them. */
export async function fillDay(
  session: Session,
  { table, day }: { table: string; day: string },
  rows: number,
  { tell, logged = false }: { tell?: (rows: number) => void; logged?: boolean } = {},
): Promise<void> {
  await session.execute(`SET SESSION cte_max_recursion_depth = ${batchRows}, sql_log_bin = ${logged ? 1 : 0}`);
  const micros = Math.floor(86_000_000_000 / rows);
  for (let first = 0; first < rows; first += batchRows) {
    const count = Math.min(batchRows, rows - first);
    await session.execute(
      `INSERT INTO bench.${table} (account, created_at, amount, currency, status, reference, note)
       WITH RECURSIVE numbers (n) AS (SELECT ${first} UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < ${first + count})
       SELECT 4000000000 + n * 7919 % 1000003, '${day}' + INTERVAL n * ${micros} MICROSECOND, (n * 104729 % 1000000000) / 10000,
         ELT(1 + n % 3, 'EUR', 'USD', 'CHF'), ELT(1 + n % 4, 'booked', 'pending', 'settled', 'returned'), LEFT(SHA2(n, 224), 32),
         IF(n % 50 = 0, NULL, CONCAT('Invoice ', n, ' for order "', n * 31 % 99991, '", line ', n % 7, ', café, paid by ',
           ELT(1 + n % 3, 'card', 'transfer', 'cash')))
       FROM numbers`,
    );
    tell?.(first + count);
  }
  await session.execute('SET SESSION sql_log_bin = 1');
}
