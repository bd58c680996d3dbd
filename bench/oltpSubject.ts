// An application beside the purge: read-write transactions like sysbench's, each connection at a fixed rate. Takes a task
// as JSON, writes a line a transaction: when it began (epoch, ms), what it took (ms), and the table it was on.
import { setTimeout as wait } from 'node:timers/promises';
import { Session } from '../src/mysql/session/session.ts';

export interface OltpTask {
  port: number;
  /** Each has a client of its own at twice the rate of one connection. */
  tables: string[];
  /** Ids to work on, of rows that no purge is after. */
  rows: number;
  /** A connection begins a transaction each so many milliseconds. */
  everyMillis: number;
}

const task = JSON.parse(process.argv[2] ?? '') as OltpTask;
const address = { host: '127.0.0.1', port: task.port, user: 'application', password: '', tls: false } as const;
const columns = 'account, created_at, amount, currency, status, reference, note';

/** Ten looks by key, a range, an update of what no index holds, an update of the time within its day, a row out and in again. */
async function transact(session: Session, table: string): Promise<void> {
  const id = () => 1 + Math.floor(Math.random() * task.rows);
  await session.execute('START TRANSACTION');
  for (let look = 0; look < 10; look++) await session.rows(`SELECT note FROM ${table} WHERE id = ?`, [id()]);
  const from = id();
  await session.rows(`SELECT SUM(amount) FROM ${table} WHERE id BETWEEN ? AND ?`, [from, from + 99]);
  await session.execute(`UPDATE ${table} SET amount = amount + 1 WHERE id = ?`, [id()]);
  await session.execute(
    `UPDATE ${table} SET created_at = DATE(created_at) + INTERVAL FLOOR(RAND() * 86399) SECOND WHERE id = ?`,
    [id()],
  );
  const moved = id();
  const [row] = await session.rows(`SELECT ${columns} FROM ${table} WHERE id = ? FOR UPDATE`, [moved]);
  if (row) {
    await session.execute(`DELETE FROM ${table} WHERE id = ?`, [moved]);
    await session.execute(`INSERT INTO ${table} (id, ${columns}) VALUES (?, ?)`, [moved, Object.values(row)]);
  }
  await session.execute('COMMIT');
}

async function client(table: string): Promise<void> {
  const session = await Session.open(address, 'READ COMMITTED');
  for (let due = performance.now(); ; due += task.everyMillis) {
    // What comes late because the one before took long counts from when it was due: a stall is felt by all behind it.
    const early = due - performance.now();
    if (early > 0) await wait(early);
    const at = Date.now() + Math.min(0, early);
    try {
      await transact(session, table);
    } catch (error) {
      await session.execute('ROLLBACK');
      if (!(error instanceof Error && 'errno' in error && (error.errno === 1213 || error.errno === 1205))) throw error;
    }
    process.stdout.write(`${at} ${(performance.now() - due).toFixed(2)} ${table}\n`);
  }
}

await Promise.all(task.tables.flatMap((table) => [client(table), client(table)]));
