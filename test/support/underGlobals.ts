import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise';
import { healPartition } from '../../src/activities/healPartition.ts';
import { holdTable } from '../../src/activities/holdTable.ts';
import { purgeSlice } from '../../src/activities/purgeSlice.ts';
import { releaseTable } from '../../src/activities/releaseTable.ts';
import type { Config } from '../../src/config/load.ts';
import type { TablePolicy } from '../../src/config/policy.ts';
import { Source } from '../../src/job/source.ts';
import { judge } from '../../src/job/verdict.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { RowsReferredTo } from '../../src/mysql/schema/foreignKeys.ts';
import { grantsSql } from '../../src/mysql/schema/grants.ts';
import type { Flavor } from '../../src/mysql/session/session.ts';
import { stackFolder } from '../../stack/fetch.ts';
import { startMariadb } from '../../stack/mariadb.ts';
import { startMysql } from '../../stack/mysql.ts';
import type { Server } from '../../stack/process.ts';
import { catalogue } from './columnTypes.ts';
import type { Administer } from './globalVariables.ts';
import { archiveDay, archivedHex } from './job.ts';
import { makeWorld, type World } from './world.ts';

const day = '2026-01-05';
const user = 'sediment_few';

/** A server whose globals a test may change, an administrator on it, and the whole way of a small table. */
export interface Laboratory {
  administer: Administer;
  /**
   * Runs export, verify, commit, pause, resume, purge, heal and purge as a user with the least rights.
   * @returns undefined where all is as with the server's own settings, else what differs, in words
   */
  tryAll(): Promise<Difference | undefined>;
  close(): Promise<void>;
}

export interface Difference {
  what: string;
  /** Whether rows had been deleted before it was found. */
  rowsGone: boolean;
}

export async function openLaboratory(flavor: Flavor): Promise<Laboratory> {
  const folder = join(stackFolder, `globals-${flavor}-${process.pid}`);
  const servers: Server[] = [];
  mkdirSync(folder, { recursive: true });
  const start = flavor === 'mysql' ? startMysql : startMariadb;
  const { port } = await start(folder, (server) => servers.push(server), { flags: ['--max-allowed-packet=64M'] });
  const world = await makeWorld(flavor, { port });
  const root = await createConnection({
    host: '127.0.0.1',
    port,
    user: 'root',
    charset: 'utf8mb4_general_ci',
    supportBigNumbers: true,
    bigNumberStrings: true,
  });
  const administer: Administer = async (statement) => {
    const [rows] = await root.query<RowDataPacket[]>(statement);
    return Array.isArray(rows) ? (rows as Record<string, string | null>[]) : [];
  };
  await root.query("SET SESSION wait_timeout = 28800, net_read_timeout = 600, net_write_timeout = 600, sql_mode = ''");
  await root.query("SET SESSION time_zone = '+00:00'");
  await root.query(`CREATE USER '${user}'@'%' IDENTIFIED BY 'few'`);
  const scenario = new Scenario(world, root, flavor);
  await scenario.prepare();
  return {
    administer,
    tryAll: () => scenario.tryAll(),
    async close() {
      await root.end();
      world.close();
      await Promise.all(servers.map((server) => server.stop()));
      rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

/** What is compared: the archive's bytes, and what the ledger and the tables say at the end. */
interface Outcome {
  archived: unknown;
  healed: unknown;
  paused: unknown;
  counts: unknown;
  orphans: unknown;
}

class Scenario {
  #expected: Outcome | undefined;
  #runs = 0;

  constructor(
    readonly world: World,
    readonly root: Connection,
    readonly flavor: Flavor,
  ) {}

  /** The rows that each run begins with, and the outcome under the server's own settings. */
  async prepare(): Promise<void> {
    const { root, world } = this;
    const types = catalogue(this.flavor);
    const defined = types.map(({ type }, index) => `c${index} ${type} NULL DEFAULT NULL`).join(', ');
    await root.query(
      `CREATE TABLE ${world.name}.model (id INT NOT NULL PRIMARY KEY, t DATETIME(6) NOT NULL, KEY (t), ${defined})`,
    );
    const longest = Math.max(...types.map(({ hard }) => hard.length));
    for (let row = 0; row < longest; row++) {
      const values = types.map(({ hard }) => hard[row % hard.length] ?? 'NULL');
      await root.query(
        `INSERT INTO ${world.name}.model VALUES (${[row, `'${day} 00:00:00.00000${row % 10}'`, ...values].join(', ')})`,
      );
    }
    const grants = grantsSql(this.#tables(), world.config.source.ledger, user);
    await this.#lay();
    for (const grant of grants.replaceAll(/^--.*$/gm, '').split(';')) if (grant.trim()) await root.query(grant);
    this.#expected = await this.#run();
  }

  async tryAll(): Promise<Difference | undefined> {
    await this.#lay();
    try {
      const found = await this.#run();
      for (const [name, value] of Object.entries(this.#expected ?? {})) {
        const shown = JSON.stringify(found[name as keyof Outcome]);
        const expected = JSON.stringify(value);
        if (shown !== expected)
          return { what: `${name} differs: ${shown} in place of ${expected}`.slice(0, 400), rowsGone: true };
      }
      return undefined;
    } catch (error) {
      // What an operator reads: the server's word, and the line's remedy.
      const said = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
      const what = `${said}. ${judge(error).remedy ?? ''}`;
      return { what, rowsGone: !(await this.#intact()) };
    }
  }

  #tables() {
    const { name } = this.world;
    return ['typed', 'parents'].map((table) => ({ database: name, table }));
  }

  /** The tables as they were, and no ledger. */
  async #lay(): Promise<void> {
    const { root } = this;
    const { name, config } = this.world;
    await root.query(`DROP TABLE IF EXISTS ${name}.children, ${name}.parents, ${name}.typed`);
    await root.query(`DROP DATABASE IF EXISTS ${config.source.ledger}`);
    await root.query(`CREATE TABLE ${name}.typed LIKE ${name}.model`);
    await root.query(`INSERT INTO ${name}.typed SELECT * FROM ${name}.model`);
    await root.query(`CREATE TABLE ${name}.parents (id INT PRIMARY KEY, t DATETIME NOT NULL, KEY (t)) ENGINE = InnoDB`);
    await root.query(
      `CREATE TABLE ${name}.children (id INT PRIMARY KEY, parent INT NOT NULL, FOREIGN KEY (parent) REFERENCES ${name}.parents (id)) ENGINE = InnoDB`,
    );
    await root.query(`INSERT INTO ${name}.parents VALUES (1, '${day}'), (2, '${day}')`);
    await root.query(`INSERT INTO ${name}.children VALUES (1, 1)`);
  }

  async #run(): Promise<Outcome> {
    const { world } = this;
    const { name } = world;
    world.config.tables = [];
    for (const table of ['typed', 'parents'])
      world.add({ table, timeColumn: 't', chunkRows: 5, maxHealRemoval: 1 } as TableOf);
    const prefix = `run${this.#runs++}${randomBytes(2).toString('hex')}`;
    const config: Config = {
      ...world.config,
      source: { ...world.config.source, user, password: 'few' },
      store: { ...world.config.store, prefix },
    };
    const source = new Source(config);
    const within: World = { ...world, config, source };
    try {
      await source.withLedger((ledger: Ledger) => ledger.migrate());
      const typed = { database: name, table: 'typed' };
      await archiveDay(within, typed, day, source);
      const archived = await archivedHex(within, typed, day);
      const paused = await this.#pause(source);
      await this.#write();
      await purgeAndHeal(within, source, `${name}.typed`);
      const healed = await archivedHex(within, typed, day);
      await archiveDay(within, { database: name, table: 'parents' }, day, source);
      const orphans = await this.#purgeParents(within, source);
      return { archived, healed, paused, counts: await this.#counts(), orphans };
    } finally {
      source.close();
    }
  }

  /** What everyone else sees of a pause, and what a slice does under it. */
  async #pause(source: Source): Promise<unknown> {
    const { root, world } = this;
    const table = `${world.name}.typed`;
    const holds = `SELECT owner, reason FROM ${world.config.source.ledger}.holds`;
    await holdTable(source, { table, owner: 'ann', reason: 'a look' }, world.attempt);
    const [held] = await root.query(holds);
    const slice = await purgeSlice(source, { table, cutoff: '9999-01-01', forMillis: 60_000 }, world.attempt);
    await releaseTable(source, { table }, world.attempt);
    const [released] = await root.query(holds);
    return { held, slice: [slice.deleted, slice.held], released };
  }

  /** What an application does between archive and purge. */
  async #write(): Promise<void> {
    const table = `${this.world.name}.typed`;
    await this.root.query(`UPDATE ${table} SET c0 = 5 WHERE id = 1`);
    await this.root.query(`DELETE FROM ${table} WHERE id = 2`);
    await this.root.query(`INSERT INTO ${table} (id, t) VALUES (1000, '${day} 12:00:00')`);
  }

  async #purgeParents(within: World, source: Source): Promise<unknown> {
    try {
      await purgeAndHeal(within, source, `${this.world.name}.parents`);
    } catch (error) {
      if (!(error instanceof RowsReferredTo)) throw error;
    }
    const { name } = this.world;
    const [rows] = await this.root.query(
      `SELECT c.id, p.id AS parent FROM ${name}.children c LEFT JOIN ${name}.parents p ON p.id = c.parent`,
    );
    return rows;
  }

  async #counts(): Promise<unknown> {
    const { name, config } = this.world;
    const [left] = await this.root.query(`SELECT COUNT(*) AS rows_left FROM ${name}.typed`);
    const [account] = await this.root.query(
      `SELECT state, CAST(rows_archived AS CHAR) AS archived, CAST(rows_deleted AS CHAR) AS deleted FROM
        ${config.source.ledger}.partitions WHERE table_name = 'typed'`,
    );
    return { left, account };
  }

  /** Whether no row is gone but the one that the application deletes: it inserts one too. */
  async #intact(): Promise<boolean> {
    const { name } = this.world;
    const [rows] = await this.root.query<RowDataPacket[]>(`SELECT COUNT(*) AS number FROM ${name}.typed`);
    const [all] = await this.root.query<RowDataPacket[]>(`SELECT COUNT(*) AS number FROM ${name}.model`);
    return Number(rows[0]?.number) >= Number(all[0]?.number);
  }
}

type TableOf = Partial<TablePolicy> & { table: string; timeColumn: string };

async function purgeAndHeal(world: World, source: Source, table: string): Promise<void> {
  for (let round = 0; round < 10; round++) {
    const slice = await purgeSlice(source, { table, cutoff: '9999-01-01', forMillis: 60_000 }, world.attempt);
    if (slice.done) return;
    if (slice.held) throw new Error(`held: ${slice.held}`);
    if (slice.drifted && slice.day) await healPartition(source, { table, day: slice.day }, world.attempt);
  }
  throw new Error('the purge came to no end');
}
