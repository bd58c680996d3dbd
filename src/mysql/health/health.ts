import type { SourceConfig } from '../../config/source.ts';
import type { Health, Reading, Signal } from '../../pacing/throttle.ts';
import { serverThreads } from '../processlist.ts';
import { ownConnectionIds, type Session } from '../session/session.ts';
import { type CommitCounters, commitMillisBetween, readAurora, readAuroraReaders, readerReadings } from './aurora.ts';
import { BinlogTrail, readBinlogEnd } from './binlogHistory.ts';
import { readReplicaStatus, replicaLag } from './replicaStatus.ts';
import { Watch } from './sampler.ts';

/**
 * The health of a source and its replicas. Each server is sampled on its own connection, at most once per second and only
 * while somebody asks. A worker has one monitor, which all its purges and exports read.
 *
 * @example const { readings } = await monitor.read(signal);
 */
export class HealthMonitor {
  readonly #address: SourceConfig;
  readonly #source: Watch;
  readonly #replicas: readonly Watch[];
  readonly #trail = new BinlogTrail();
  #serverId: string | undefined;
  #clock: Health['clock'];
  #vcpus: number | undefined;
  #commits: CommitCounters | undefined;

  constructor(source: SourceConfig) {
    this.#address = source;
    const expected: Reading[] = [{ signal: 'threadsRunning' }, { signal: 'historyLength' }];
    this.#source = new Watch(source, expected, (session, at) => this.#measure(session, at));
    this.#replicas = source.replicas.map((replica) => {
      const lag: Reading = { signal: 'replicaLagSeconds', of: `replica ${replica.name}` };
      return new Watch(replica, [lag], async (session, at) => {
        const channels = await readReplicaStatus(session);
        const read = performance.now();
        const found = replicaLag(channels, (serverId, applied) =>
          serverId === this.#serverId ? this.#trail.lag(applied, read) : undefined,
        );
        return [{ ...lag, ...found, goodAt: at }];
      });
    });
  }

  /** The present readings. Never throws: a signal that can't be read says so, and keeps the age of its last good value. */
  async read(signal: AbortSignal): Promise<Health> {
    const readings = await Promise.all([this.#source, ...this.#replicas].map((watch) => watch.read(signal)));
    return {
      readings: readings.flat(),
      clock: this.#clock,
      vcpus: this.#vcpus,
    };
  }

  close(): void {
    for (const watch of [this.#source, ...this.#replicas]) watch.close();
  }

  async #measure(session: Session, at: number): Promise<Reading[]> {
    const aurora = await readAurora(session);
    this.#vcpus = aurora?.vcpus;
    await this.#readClock(session);
    if (this.#replicas.length > 0) await this.#followBinlog(session);
    const status = await readStatus(session);
    const readings = [
      await reading('threadsRunning', at, () => othersRunning(session, status, this.#address)),
      await reading('historyLength', at, () => historyLength(session, status)),
    ];
    if (!aurora) return readings;
    const commits = {
      commits: count(status, 'AuroraDb_commits'),
      latencyMicros: count(status, 'AuroraDb_commit_latency'),
    };
    const millis = commitMillisBetween(this.#commits, commits);
    this.#commits = commits;
    // The first sample has nothing to compare with, so it isn't a good value yet.
    readings.push({ signal: 'commitMillis', ...(millis === undefined ? {} : { value: millis, goodAt: at }) });
    return [...readings, ...readerReadings(await readAuroraReaders(session), at)];
  }

  async #readClock(session: Session): Promise<void> {
    const begun = performance.now();
    const [row] = await session.rows('SELECT ROUND(UNIX_TIMESTAMP(NOW(3)) * 1000) AS now, @@server_id AS id');
    this.#clock = { epochMillis: Number(row?.now), goodAt: begun };
    this.#serverId = String(row?.id);
  }

  async #followBinlog(session: Session): Promise<void> {
    const end = await readBinlogEnd(session);
    if (end) this.#trail.note(end, performance.now());
  }
}

/** Without a privilege one signal fails. A lost connection fails all of them, so it is thrown. */
async function reading(signal: Signal, at: number, measure: () => Promise<number>): Promise<Reading> {
  try {
    return { signal, value: await measure(), goodAt: at };
  } catch (error) {
    const refused = error instanceof Error && !('fatal' in error && error.fatal);
    if (!refused) throw error;
    return { signal, failure: error.message };
  }
}

async function readStatus(session: Session): Promise<Map<string, string>> {
  const wanted = ['Threads_running', 'Innodb_history_list_length', 'AuroraDb_commits', 'AuroraDb_commit_latency'];
  const names = wanted.map((name) => `'${name}'`).join(', ');
  const rows = await session.rows(`SHOW GLOBAL STATUS WHERE Variable_name IN (${names})`);
  return new Map(rows.map((row) => [String(row.Variable_name), String(row.Value)]));
}

/** @throws Error if the server doesn't report it */
function count(status: ReadonlyMap<string, string>, name: string): number {
  const value = Number(status.get(name));
  if (Number.isFinite(value)) return value;
  throw new Error(`SHOW GLOBAL STATUS has no ${name}`);
}

/** Threads_running without this process's own threads (pitfall P44: the throttle sees its own load). */
async function othersRunning(
  session: Session,
  status: ReadonlyMap<string, string>,
  address: SourceConfig,
): Promise<number> {
  // Every account sees its own threads, so none of ours is missed. Threads of other workers count as load.
  const own = await serverThreads((sql, values) => session.rows(sql, values), ownConnectionIds(address));
  const working = own.filter(({ command }) => command !== 'Sleep' && command !== 'Daemon');
  return Math.max(0, count(status, 'Threads_running') - working.length);
}

/** The length of the history list: a status variable on MariaDB, on MySQL a metric that needs PROCESS. */
async function historyLength(session: Session, status: ReadonlyMap<string, string>): Promise<number> {
  if (session.flavor === 'mariadb') return count(status, 'Innodb_history_list_length');
  const [row] = await session.rows(
    "SELECT count AS length, status FROM information_schema.innodb_metrics WHERE name = 'trx_rseg_history_len'",
  );
  if (row?.status !== 'enabled')
    throw new Error(
      'innodb_metrics doesn’t count trx_rseg_history_len; SET GLOBAL innodb_monitor_enable = trx_rseg_history_len',
    );
  return Number(row.length);
}
