import { errnoOf } from '../errors.ts';
import { readBinlogEnd } from '../health/binlogHistory.ts';
import type { Session } from '../session/session.ts';

/** What a source had committed at one moment, so that a replica of it can be asked to wait for it. */
export type SourcePosition =
  | { by: 'gtid'; executed: string }
  | { by: 'position'; file: string; position: number }
  | { by: 'time'; epochMillis: number };

/** Where a replica is: at the position or beyond it, before it, or in no state to get there. */
export type Reached = 'reached' | 'behind' | 'stopped' | 'incomparable';

/** Undefined where the source writes no binary log, or the user may not ask where it ends. */
export async function readSourcePosition(source: Session): Promise<SourcePosition | undefined> {
  const executed = await executedGtids(source);
  if (executed) return { by: 'gtid', executed };
  // MariaDB writes a GTID into every binary log: without one there is none.
  if (source.flavor === 'mariadb') return undefined;
  const end = await readBinlogEnd(source);
  return end && { by: 'position', ...end };
}

/** The GTIDs of all that was committed; undefined where not every transaction has one. */
async function executedGtids(source: Session): Promise<string | undefined> {
  if (source.flavor === 'mariadb') {
    const [row] = await source.rows('SELECT @@global.gtid_current_pos AS executed');
    return row?.executed || undefined;
  }
  const [row] = await source.rows('SELECT @@global.gtid_mode AS mode, @@global.gtid_executed AS executed');
  return row?.mode === 'ON' && row.executed ? row.executed : undefined;
}

/**
 * Waits on a replica until it has applied all up to the position.
 * @param channel of the replica that follows the source; only MySQL has named ones
 * @param seconds at most, whole; 0 only asks
 */
export async function awaitPosition(
  replica: Session,
  target: SourcePosition,
  channel: string,
  seconds: number,
): Promise<Reached> {
  if (target.by === 'gtid')
    return replica.flavor === 'mariadb'
      ? awaitMariadbGtid(replica, target.executed, seconds)
      : awaitGtids(replica, target.executed, seconds);
  return target.by === 'position' ? awaitBinlogPosition(replica, target, { channel, seconds }) : 'incomparable';
}

async function awaitGtids(replica: Session, executed: string, seconds: number): Promise<Reached> {
  const [own] = await replica.rows('SELECT @@global.gtid_mode AS mode');
  if (own?.mode !== 'ON') return 'incomparable';
  // A timeout of 0 waits for ever.
  if (seconds > 0) await replica.rows('SELECT WAIT_FOR_EXECUTED_GTID_SET(?, ?)', [executed, seconds]);
  const [row] = await replica.rows('SELECT GTID_SUBSET(?, @@global.gtid_executed) AS has', [executed]);
  return Number(row?.has) === 1 ? 'reached' : 'behind';
}

async function awaitMariadbGtid(replica: Session, executed: string, seconds: number): Promise<Reached> {
  const [row] = await replica.rows('SELECT MASTER_GTID_WAIT(?, ?) AS late', [executed, seconds]);
  return row?.late != null && Number(row.late) === 0 ? 'reached' : 'behind';
}

const unknownFunction = 1305;

/** How many events it waited for; −1 after the timeout; NULL where the replica's SQL thread isn't running. */
async function awaitBinlogPosition(
  replica: Session,
  { file, position }: { file: string; position: number },
  { channel, seconds }: { channel: string; seconds: number },
): Promise<Reached> {
  const values = [file, position, Math.max(1, seconds), channel];
  const waited = await replica.rows('SELECT SOURCE_POS_WAIT(?, ?, ?, ?) AS events', values).catch((error) => {
    // Before MySQL 8.0.26 it had another name.
    if (errnoOf(error) !== unknownFunction) throw error;
    return replica.rows('SELECT MASTER_POS_WAIT(?, ?, ?, ?) AS events', values);
  });
  const events = waited[0]?.events;
  if (events == null) return 'stopped';
  return Number(events) >= 0 ? 'reached' : 'behind';
}
