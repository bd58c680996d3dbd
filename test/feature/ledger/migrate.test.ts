import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Ledger } from '../../../src/ledger/ledger.ts';
import { LedgerCollations } from '../../../src/ledger/migrations/collations.ts';
import { LedgerTooNew, MigrationChanged, migrate } from '../../../src/ledger/migrations/migrate.ts';
import { ledgerFolder, readMigrations } from '../../../src/ledger/migrations/migrationFiles.ts';
import { Session } from '../../../src/mysql/session/session.ts';
import { sqlFile } from '../../../src/mysql/sqlFile.ts';
import { seed } from '../../support/seed.ts';
import { type Fate, Wire } from '../../support/wire.ts';
import { makeWorld, type World } from '../../support/world.ts';

const newest = readMigrations().length;

/** One statement of a new ledger of so many: each costs seconds on MySQL. */
const sampled = 6;

/** The product's migrations and further ones, as a later release would have them. */
function laterRelease(...statements: readonly string[]): URL {
  const folder = mkdtempSync(join(tmpdir(), 'sediment-migrations-'));
  for (const name of readdirSync(ledgerFolder))
    writeFileSync(join(folder, name), readFileSync(new URL(name, ledgerFolder)));
  for (const [index, statement] of statements.entries())
    writeFileSync(join(folder, `${String(newest + 1 + index).padStart(3, '0')}_later.sql`), statement);
  return pathToFileURL(`${folder}/`);
}

const addsColumn = `ALTER TABLE {{ledger}}.holds ADD COLUMN ticket VARCHAR(64) NOT NULL DEFAULT 'none'`;
const createsTable = `CREATE TABLE {{ledger}}.tickets (ticket VARCHAR(64) NOT NULL, PRIMARY KEY (ticket)) ENGINE = InnoDB
  CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`;

describe.each(['mysql', 'mariadb'] as const)('the ledger’s migrations on %s', (flavor) => {
  let world: World;
  let folder: URL;
  beforeEach(async () => {
    world = await makeWorld(flavor, { ledger: false });
    folder = laterRelease(addsColumn, createsTable);
  });
  afterEach(async () => {
    await world.sql(`DROP DATABASE IF EXISTS ${world.ledger.name}`);
    world.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const recorded = () =>
    world.sql(
      `SELECT number, IF(finished_at IS NULL, 'begun', 'finished') AS state FROM ${world.ledger.name}.migrations ORDER BY number`,
    );
  const all = (count: number) =>
    Array.from({ length: count }, (_, index) => ({ number: index + 1, state: 'finished' }));
  const holds = () => world.sql(`SELECT * FROM ${world.ledger.name}.holds`);
  const hold = () => world.ledger.putHold({ scope: '*', owner: 'dba', reason: 'stays', until: null });

  /** A ledger as the releases before recorded migrations made it. */
  async function unrecordedLedger(): Promise<void> {
    const names = readdirSync(ledgerFolder).sort();
    for (const name of names.filter((each) => Number.parseInt(each, 10) <= 14))
      await world.session.execute(sqlFile(`ledger/${name}`, { ledger: world.ledger.name }));
    await world.sql(`INSERT INTO ${world.ledger.name}.ledger_version (version) VALUES (1)`);
  }

  test('add a column and a table to a ledger with rows, once, by whichever of two workers comes first', async () => {
    await world.ledger.migrate();
    await hold();
    const sessions = await Promise.all([world.source.open('READ COMMITTED'), world.source.open('READ COMMITTED')]);
    await Promise.all(sessions.map((session) => migrate(session, world.ledger.name, folder)));
    for (const session of sessions) session.close();
    expect(await recorded()).toEqual(all(newest + 2));
    expect(await holds()).toMatchObject([{ owner: 'dba', ticket: 'none' }]);
  });

  /** Migrates with a crash at the given step. @returns whether there were that many */
  async function crash(step: number, fate: Fate, release?: URL): Promise<boolean> {
    const wire = await Wire.open(world.config, (number) => (number === step ? fate : 'answered'));
    await Session.open(wire.config.source, 'READ COMMITTED')
      .then((session) => migrate(session, world.ledger.name, release).finally(() => session.close()))
      .catch(() => undefined);
    await wire.close();
    return wire.steps.length >= step;
  }

  test.each(['dead', 'unanswered'] as const)(
    'go on after a crash at any statement (%s), by two workers at once',
    async (fate) => {
      await world.ledger.migrate();
      await hold();
      const sessions = await Promise.all([world.source.open('READ COMMITTED'), world.source.open('READ COMMITTED')]);
      let step = 1;
      for (; await crash(step, fate, folder); step++) {
        await Promise.all(sessions.map((session) => migrate(session, world.ledger.name, folder)));
        expect([step, await recorded()]).toEqual([step, all(newest + 2)]);
        expect(await holds()).toMatchObject([{ owner: 'dba', ticket: 'none' }]);
        expect(await world.sql(`SELECT ticket FROM ${world.ledger.name}.tickets`)).toEqual([]);
        await world.sql(`DROP TABLE ${world.ledger.name}.tickets`);
        await world.sql(`ALTER TABLE ${world.ledger.name}.holds DROP COLUMN ticket`);
        await world.sql(`DELETE FROM ${world.ledger.name}.migrations WHERE number > ${newest}`);
      }
      for (const session of sessions) session.close();
      expect(step).toBeGreaterThan(12);
    },
  );

  test('go on after a crash at any statement of a new ledger, at a sample of them', async () => {
    let step = 1 + (seed % sampled);
    for (; await crash(step, 'unanswered'); step += sampled) {
      await world.ledger.migrate();
      expect([step, await recorded()]).toEqual([step, all(newest)]);
      await world.sql(`DROP DATABASE ${world.ledger.name}`);
    }
    expect(step).toBeGreaterThan(newest);
  });

  test('that the server refuses leave no mark: what stands in the way is named each time, and not taken for done', async () => {
    await world.ledger.migrate();
    await world.sql(`ALTER TABLE ${world.ledger.name}.holds ADD COLUMN ticket INT NULL`);
    for (const _ of ['once', 'again'])
      await expect(migrate(world.session, world.ledger.name, folder)).rejects.toThrow(/Duplicate column name 'ticket'/);
    expect(await recorded()).toEqual(all(newest));
  });

  test('take a ledger of the releases that recorded none as it is, and run only what came since', async () => {
    await unrecordedLedger();
    await hold();
    const made = () =>
      world.sql(
        `SELECT TABLE_NAME AS name, CREATE_TIME AS made FROM information_schema.TABLES WHERE TABLE_SCHEMA = ?
          AND TABLE_NAME IN ('holds', 'deletions', 'columns', 'servers', 'twins', 'audits', 'accepted') ORDER BY 1`,
        [world.ledger.name],
      );
    const before = await made();
    await world.ledger.migrate();
    expect(await made()).toEqual(before);
    expect(await holds()).toMatchObject([{ owner: 'dba' }]);
    expect(await recorded()).toEqual(all(newest));
    expect(
      await world.sql(`SELECT MAX(number) AS number FROM ${world.ledger.name}.migrations WHERE version = 'adopted'`),
    ).toEqual([{ number: 14 }]);
    // The releases that recorded none look here, and refuse what is over 1.
    expect(await world.sql(`SELECT version FROM ${world.ledger.name}.ledger_version`)).toEqual([{ version: newest }]);
  });

  test('refuse the older worker once a newer one has run them, and a ledger of other statements', async () => {
    await migrate(world.session, world.ledger.name, folder);
    const older = new Ledger(world.session, world.ledger.name);
    await expect(older.migrate()).rejects.toThrow(new LedgerTooNew(newest + 2, newest));
    const other = laterRelease(addsColumn.replace('none', 'other'), createsTable);
    await expect(migrate(world.session, world.ledger.name, other)).rejects.toThrow(MigrationChanged);
    rmSync(other, { recursive: true });
    const reworded = laterRelease(`-- Why.\n${addsColumn.replace(' ADD', '\n  ADD')}`, createsTable);
    await migrate(world.session, world.ledger.name, reworded);
    rmSync(reworded, { recursive: true });
  });

  test('refuse a ledger whose names are compared without case, with the statements that mend it', async () => {
    await world.sql(`CREATE DATABASE ${world.ledger.name} CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci`);
    // New tables state their own, whatever the schema's is.
    await world.ledger.migrate();
    const table = {
      ...{ source: 's', timeColumn: 't', timeKind: 'datetime', zone: 'UTC' },
      ...{ prefix: '', layout: 'hive', firstDay: '2026-01-01' },
    };
    await world.ledger.recordTable('shop', 'orders', table);
    expect(await world.ledger.readTable('shop', 'Orders')).toBeUndefined();
    for (const name of ['tables', 'superseded'])
      await world.sql(
        `ALTER TABLE ${world.ledger.name}.${name} CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci`,
      );
    const refused = await world.ledger.migrate().catch((error: unknown) => error);
    if (!(refused instanceof LedgerCollations)) throw refused;
    expect(refused.message).toContain('utf8mb4_general_ci');
    const alters = refused.message.match(/ALTER TABLE [^;]+/g) ?? [];
    expect(alters.length).toBe(2);
    for (const alter of alters) await world.sql(alter);
    await world.ledger.migrate();
    expect(await world.ledger.readTable('shop', 'Orders')).toBeUndefined();
  });
});
