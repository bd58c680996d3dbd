import { createHash } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { release } from '../../config/release.ts';
import { errnoOf, isLockWait, isMissingLedger } from '../../mysql/errors.ts';
import { identifier } from '../../mysql/quote.ts';
import type { Session } from '../../mysql/session/session.ts';
import { sqlFile } from '../../mysql/sqlFile.ts';
import { requireCollations } from './collations.ts';
import { createdTables, ledgerFolder, type Migration, readMigrations } from './migrationFiles.ts';

/** A newer Sediment created the ledger's tables. */
export class LedgerTooNew extends Error {
  override readonly name = 'LedgerTooNew';
  constructor(
    readonly found: number,
    readonly known: number,
  ) {
    super(`the ledger has version ${found}, this Sediment knows ${known}: update this worker, then go on`);
  }
}

/** A migration was run here with another statement than this Sediment's, by another build. */
export class MigrationChanged extends Error {
  override readonly name = 'MigrationChanged';
  constructor(ledger: string, { number, name }: Migration, version: string) {
    super(
      `ledger ${ledger}: migration ${number} (${name}) was run (by Sediment ${version}) with another statement ` +
        `than this Sediment's. Use the release that made the ledger, or compare ${ledger}.migrations with ` +
        'sql/ledger',
    );
  }
}

/** Another connection has been changing the ledger's tables for too long. */
export class MigrationUnderWay extends Error {
  override readonly name = 'MigrationUnderWay';
  constructor(ledger: string, connection: string) {
    super(
      `ledger ${ledger}: connection ${connection} has been changing its tables for over ${lockSeconds / 60} ` +
        'minutes. See what it waits for: SHOW FULL PROCESSLIST',
    );
  }
}

/** An ALTER of a ledger of millions of days takes minutes. */
const lockSeconds = 600;
/** How often an ALTER that waits for another transaction is given up and started again, so that queries behind it can run. */
const lockWaits = 6;

/** The last migration of the releases that ran all files each time and recorded no more than version 1. */
const unrecorded = 14;

interface Recorded {
  checksum: string;
  version: string;
  finished: boolean;
}

/**
 * Brings the ledger's tables up to date: each numbered file of sql/ledger is run once and recorded. Safe to repeat, to run
 * twice at once, and after a crash at any moment.
 *
 * @throws LedgerTooNew, LedgerCollations, MigrationChanged, MigrationUnderWay
 */
export async function migrate(session: Session, ledger: string, folder: URL = ledgerFolder): Promise<void> {
  const migrations = readMigrations(folder);
  await requireCollations(session, ledger, createdTables(migrations));
  if (isCurrent(ledger, migrations, await readRecorded(session, ledger))) return;
  await underLock(session, ledger, async () => {
    await adopt(session, ledger, migrations);
    // Another worker, even a newer one, may have done it while this one waited.
    if (isCurrent(ledger, migrations, await readRecorded(session, ledger))) return;
    for (const migration of migrations) await run(session, ledger, migration);
    const newest = migrations.length;
    await session.execute(
      `INSERT INTO ${identifier(ledger)}.ledger_version (version) VALUES (?) ON DUPLICATE KEY UPDATE version = ?`,
      [newest, newest],
    );
  });
}

/** @throws LedgerTooNew, MigrationChanged */
function isCurrent(ledger: string, migrations: readonly Migration[], recorded: Map<number, Recorded>): boolean {
  const newest = Math.max(0, ...recorded.keys());
  if (newest > migrations.length) throw new LedgerTooNew(newest, migrations.length);
  for (const migration of migrations) {
    const row = recorded.get(migration.number);
    if (row?.finished && row.checksum !== migration.checksum)
      throw new MigrationChanged(ledger, migration, row.version);
  }
  return migrations.every(({ number }) => recorded.get(number)?.finished);
}

/** The migrations that were run; none if the ledger has no such table yet. */
async function readRecorded(session: Session, ledger: string): Promise<Map<number, Recorded>> {
  const rows = await session
    .rows(`SELECT number, checksum, version, finished_at FROM ${identifier(ledger)}.migrations`)
    .catch((error: unknown) => {
      if (isMissingLedger(error)) return [];
      throw error;
    });
  return new Map(
    rows.map((row) => [
      Number(row.number),
      { checksum: String(row.checksum), version: String(row.version), finished: row.finished_at !== null },
    ]),
  );
}

/** Creates the schema and the table of migrations. In a ledger of a release that recorded none, the first ones count as run. */
async function adopt(session: Session, ledger: string, migrations: readonly Migration[]): Promise<void> {
  const schema = identifier(ledger);
  await session.execute(sqlFile('ledger/001_schema.sql', { ledger: schema }));
  await session.execute(sqlFile('ledger/migrations.sql', { ledger: schema }));
  if ((await readRecorded(session, ledger)).size > 0) return;
  const version = await session.rows(`SELECT version FROM ${schema}.ledger_version`).catch((error: unknown) => {
    if (isMissingLedger(error)) return [];
    throw error;
  });
  // Written last, so every table is there.
  if (version.length === 0) return;
  const had = migrations.slice(0, unrecorded);
  await session.execute(
    `INSERT INTO ${schema}.migrations (number, name, checksum, version, finished_at) VALUES
      ${had.map(() => "(?, ?, ?, 'adopted', CURRENT_TIMESTAMP(6))").join(', ')}`,
    had.flatMap(({ number, name, checksum }) => [number, name, checksum]),
  );
}

/** Runs one migration that isn't finished, and records it. */
async function run(session: Session, ledger: string, migration: Migration): Promise<void> {
  const { number, name, checksum } = migration;
  const schema = identifier(ledger);
  const recorded = await readRecorded(session, ledger);
  if (recorded.get(number)?.finished) return;
  const begunBefore = recorded.has(number);
  await session.execute(
    `INSERT INTO ${schema}.migrations (number, name, checksum, version) VALUES (?, ?, ?, ?)
     ON DUPLICATE KEY UPDATE name = VALUES(name), checksum = VALUES(checksum), version = VALUES(version)`,
    [number, name, checksum, release],
  );
  try {
    await untilUnlocked(() => session.execute(migration.statement.replaceAll('{{ledger}}', schema)));
  } catch (error) {
    if (!begunBefore || !isDoneAlready(error)) {
      // If the server answered with an error, nothing was changed. Without an answer the mark stays.
      if (errnoOf(error) !== undefined)
        await session.execute(`DELETE FROM ${schema}.migrations WHERE number = ? AND finished_at IS NULL`, [number]);
      throw error;
    }
  }
  await session.execute(`UPDATE ${schema}.migrations SET finished_at = CURRENT_TIMESTAMP(6) WHERE number = ?`, [
    number,
  ]);
}

/**
 * Whether an error says that the statement was executed before its worker died: the table (1050), column (1060) or index
 * (1061) exists, or what it drops doesn't (1091). A statement is executed whole or not at all.
 */
function isDoneAlready(error: unknown): boolean {
  return [1050, 1060, 1061, 1091].includes(errnoOf(error) ?? 0);
}

async function untilUnlocked(statement: () => Promise<unknown>): Promise<void> {
  for (let wait = 1; ; wait++) {
    try {
      await statement();
      return;
    } catch (error) {
      if (wait === lockWaits || !isLockWait(error)) throw error;
      await setTimeout(1_000);
    }
  }
}

/** Runs `work` under a lock of the server, which ends with the connection, so that a dead worker doesn't block others. */
async function underLock(session: Session, ledger: string, work: () => Promise<void>): Promise<void> {
  const name = `sediment_${createHash('sha256').update(ledger).digest('hex').slice(0, 40)}`;
  const [row] = await session.rows('SELECT GET_LOCK(?, ?) AS locked', [name, lockSeconds]);
  if (row?.locked === null) throw new Error(`ledger ${ledger}: the server gave no lock (GET_LOCK answered NULL)`);
  if (Number(row?.locked) !== 1) {
    const [holder] = await session.rows('SELECT IS_USED_LOCK(?) AS connection', [name]);
    throw new MigrationUnderWay(ledger, String(holder?.connection));
  }
  try {
    await work();
  } finally {
    await session.rows('SELECT RELEASE_LOCK(?)', [name]).catch(() => undefined);
  }
}
