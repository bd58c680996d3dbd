import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openTable } from '../../src/checks/openTable.ts';
import { Source } from '../../src/job/source.ts';
import { isStop } from '../../src/job/stops.ts';
import { messageOf } from '../../src/model/error.ts';
import { archive, fill, heal, partition, purge, tableRows } from '../support/archived.ts';
import { runFresh, type SmallDay, writeDay, writeSeed } from '../support/crashedDay.ts';
import { Wire } from '../support/wire.ts';
import { makeWorld, type World } from '../support/world.ts';

describe.each(['mysql', 'mariadb', 'aurora'] as const)('a purge on %s', (flavor) => {
  let world: World;
  beforeAll(async () => {
    world = await makeWorld(flavor);
    await writeSeed(world);
  });
  afterAll(() => world.close());

  /** Runs a job over a wire. @returns its SQL, procedures' bodies and calls included */
  async function statementsOf(smallDay: SmallDay): Promise<string[]> {
    const wire = await Wire.open(world.config);
    const source = new Source(wire.config);
    for (const activity of smallDay.job) await activity(source);
    source.close();
    await wire.close();
    return wire.steps;
  }

  test('names a day by two literals in each statement, and never by the clock (P2)', async () => {
    const statements = await statementsOf(await writeDay(world, 'literal'));
    const predicates = statements.flatMap(
      (text) => text.match(/WHERE [^;]*?`t` (<|>=) .*?(?=ORDER BY|LIMIT|;|$)/g) ?? [],
    );
    expect(predicates.length).toBeGreaterThan(6);
    for (const predicate of predicates)
      expect(predicate).not.toMatch(/\b(NOW|CURDATE|SYSDATE|CURRENT_\w+|UTC_\w+|UNIX_TIMESTAMP|INTERVAL)\b/i);
    const calls = statements.filter((text) => text.startsWith('sql CALL'));
    expect(calls.length).toBeGreaterThan(1);
    for (const call of calls) expect(call).toContain("'2026-01-05 00:00:00', '2026-01-06 00:00:00'");
  });

  test('keeps foreign keys checked: a row that another table refers to stops the table, which names the key, the child and the remedy (P49)', async () => {
    await fill(world, 'parent', 2_500, { chunkRows: 100, partBytes: 8_000 });
    await world.sql(
      `CREATE TABLE ${world.name}.child (id INT PRIMARY KEY, p BIGINT NOT NULL, CONSTRAINT belongs FOREIGN KEY (p) REFERENCES ${world.name}.parent (id))`,
    );
    await world.sql(
      `CREATE TABLE ${world.name}.other_child (id INT PRIMARY KEY, p BIGINT NOT NULL, CONSTRAINT elsewhere
        FOREIGN KEY (p) REFERENCES ${world.name}.parent (id))`,
    );
    await world.sql(`INSERT INTO ${world.name}.child VALUES (1, 1700)`);
    await archive(world, 'parent');
    // The first transaction of 1,000 rows goes; the second holds the row.
    const error = await purge(world, 'parent').catch((thrown: unknown) => thrown);
    expect(isStop(error)).toBe(true);
    expect(error).toMatchObject({
      name: 'RowsReferredTo',
      keys: [{ constraint: 'belongs', child: { database: world.name, table: 'child' } }],
      message: expect.stringMatching(
        /referred to from \w+\.child by its foreign key belongs: .*then: sediment heal \S+\.parent --day 2026-01-05$/,
      ),
    });
    const stopped = await partition(world, 'parent');
    expect(stopped).toMatchObject({ state: 'purging', rowsDeleted: 1_000, stopped: messageOf(error) });
    expect(await tableRows(world, 'parent')).toHaveLength(1_500);
    await world.sql(`DELETE FROM ${world.name}.child`);
    expect(await purge(world, 'parent')).toMatchObject({ deleted: 1_500 });
    expect(await partition(world, 'parent')).toMatchObject({ state: 'purged', rowsDeleted: 2_500, stopped: null });
  });

  test('names the foreign keys to a user who may not see the child too (P49)', async () => {
    await fill(world, 'seen', 20);
    await world.sql(`CREATE DATABASE ${world.name}_unseen`);
    await world.sql(
      `CREATE TABLE ${world.name}_unseen.child (id INT PRIMARY KEY, p BIGINT NOT NULL, CONSTRAINT unseen FOREIGN KEY (p) REFERENCES ${world.name}.seen (id))`,
    );
    await world.sql(`INSERT INTO ${world.name}_unseen.child VALUES (1, 7)`);
    await archive(world, 'seen');
    const user = `'${world.name}'@'%'`;
    await world.sql(`CREATE USER ${user} IDENTIFIED BY 'secret'`);
    await world.sql(`GRANT SELECT, DELETE, TRIGGER ON ${world.name}.* TO ${user}`);
    await world.sql(`GRANT ALL ON ${world.config.source.ledger}.* TO ${user}`);
    await world.sql(`GRANT PROCESS ON *.* TO ${user}`);
    const root = { ...world.config.source };
    Object.assign(world.config.source, { user: world.name, password: 'secret' });
    try {
      await expect(purge(world, 'seen')).rejects.toThrow(/from \w+_unseen\.child by its foreign key unseen/);
    } finally {
      Object.assign(world.config.source, root);
    }
    expect(await tableRows(world, 'seen')).toHaveLength(20);
  });

  test('stands in the binary log, row by row, for replicas to follow (P50)', async () => {
    const smallDay = await writeDay(world, 'logged');
    await runFresh(world, smallDay.job.slice(0, 3));
    const status = flavor === 'mariadb' ? 'SHOW MASTER STATUS' : 'SHOW BINARY LOG STATUS';
    const [begin] = await world.sql(status);
    await runFresh(world, smallDay.job.slice(3));
    const events = await world.sql(`SHOW BINLOG EVENTS IN '${begin?.File}' FROM ${begin?.Position}`);
    const kinds = events.map(({ Event_type, Info }) => ({ kind: String(Event_type), info: String(Info) }));
    const mapped = kinds.flatMap(({ kind, info }, index) =>
      kind === 'Table_map' && new RegExp(`\\(${world.name}\\.logged\\)`).test(info) ? [index] : [],
    );
    expect(mapped.length).toBeGreaterThan(0);
    expect(mapped.map((index) => kinds.slice(index + 1).find(({ kind }) => kind !== 'Table_map')?.kind)).toEqual(
      mapped.map(() => expect.stringMatching(/^Delete_rows/)),
    );
  });

  test.each(['CASCADE', 'SET NULL'])(
    'is refused a key of the table to itself with ON DELETE %s, allowed by name or not (P74)',
    async (rule) => {
      const table = `own_${rule.replace(' ', '_').toLowerCase()}`;
      await world.sql(
        `CREATE TABLE ${world.name}.${table} (id INT PRIMARY KEY, p INT NULL, t DATETIME NOT NULL, KEY (t),
          FOREIGN KEY (p) REFERENCES ${world.name}.${table} (id) ON DELETE ${rule})`,
      );
      const named = { allowCascade: [`${world.name}.${table}`] };
      const read = openTable(world.session, { database: world.name, table, timeColumn: 't', ...named });
      await expect(read).rejects.toThrow(new RegExp(`ON DELETE ${rule} from ${world.name}.${table} would change rows`));
    },
  );

  test('under way hears of a stricter policy: a longer retention, or none (P81)', async () => {
    await fill(world, 'stricter', 20);
    await archive(world, 'stricter');
    const policy = world.config.tables.find(({ table }) => table === 'stricter');
    // The workflow's cutoff is of the day before; the worker's own config is of now.
    Object.assign(policy ?? {}, { retention: 'P50Y' });
    expect(await purge(world, 'stricter')).toEqual({ done: true, deleted: 0 });
    Object.assign(policy ?? {}, { retention: 'P60D', purge: 'disabled' });
    expect(await purge(world, 'stricter')).toMatchObject({
      done: true,
      deleted: 0,
      held: expect.stringContaining('purge: disabled'),
    });
    world.config.tables = world.config.tables.filter(({ table }) => table !== 'stricter');
    await expect(purge(world, 'stricter')).rejects.toThrow(/stricter/);
    expect(await tableRows(world, 'stricter')).toHaveLength(20);
  });

  test('knows no table by its DDL’s text: comments and defaults that read like DDL change nothing (P23)', async () => {
    await world.sql(
      `CREATE TABLE ${world.name}.worded (id BIGINT NOT NULL COMMENT 'GENERATED ALWAYS AS (1) STORED',
         note VARCHAR(80) DEFAULT 'PRIMARY KEY (\`note\`), KEY \`x\` (\`t\`)',
         amount DECIMAL(20,2) COMMENT 'x'' \`t\` DATE /*!50100 PARTITION BY', t DATETIME(6) NOT NULL, KEY by_time (t), PRIMARY KEY (id)) COMMENT='ON ` +
        `DELETE CASCADE, \`gone\` INT'`,
    );
    world.add({ table: 'worded', timeColumn: 't' });
    await world.sql(`INSERT INTO ${world.name}.worded (id, t) VALUES (1, '2026-01-05 10:00:00')`);
    const { schema } = await openTable(world.session, { database: world.name, table: 'worded', timeColumn: 't' });
    expect(schema.columns.map(({ name, generated }) => ({ name, generated }))).toEqual(
      ['id', 'note', 'amount', 't'].map((name) => ({ name, generated: false })),
    );
    expect([schema.index, schema.primaryKey.map(({ name }) => name)]).toEqual(['by_time', ['id']]);
    await archive(world, 'worded');
    expect(await purge(world, 'worded')).toMatchObject({ deleted: 1 });
  });

  test.each(['latin1', 'utf8mb4'])(
    'compares a %s key by the column’s collation, not by the ledger’s (P20, P73)',
    async (charset) => {
      const table = `german_${charset}`;
      await world.sql(
        `CREATE TABLE ${world.name}.${table} (k VARCHAR(20) CHARACTER SET ${charset} COLLATE
          ${charset}_german2_ci NOT NULL PRIMARY KEY, t DATETIME NOT NULL, KEY (t))`,
      );
      world.add({ table, timeColumn: 't', chunkRows: 500 });
      // Here ä is ae, between ad and af; elsewhere it is a, before them, and by its bytes it comes last. The first transaction
      // takes the rows with ad, and the next one ends among the others.
      const keys = ['ad', 'ä', 'af'].flatMap((start) =>
        Array.from({ length: 1_000 }, (_, n) => `${start}${1_000 + n}`),
      );
      await world.sql(
        `INSERT INTO ${world.name}.${table} VALUES ${keys.map((key) => `('${key}', '2026-01-05 10:00:00')`).join(',')}`,
      );
      await archive(world, table);
      expect(await purge(world, table)).toMatchObject({ deleted: 3_000 });
      expect(await world.ledger.days(world.name, table)).toMatchObject([{ state: 'purged', revision: 1 }]);
    },
  );

  test('and its export go over native partitions in one order: each row once, whatever the page (P24)', async () => {
    await fill(world, 'parted', 0, { chunkRows: 7 });
    await world.sql(`ALTER TABLE ${world.name}.parted PARTITION BY HASH (id) PARTITIONS 5`);
    const tuples = Array.from(
      { length: 60 },
      (_, id) => `(${id}, 'n', 1, TIMESTAMP('2026-01-05') + INTERVAL ${(id * 17) % 60} SECOND)`,
    );
    await world.sql(`INSERT INTO ${world.name}.parted VALUES ${tuples.join(',')}`);
    await archive(world, 'parted');
    expect(await heal(world, 'parted')).toMatchObject({ added: 0, changed: 0, removed: 0 });
    expect(await purge(world, 'parted')).toMatchObject({ deleted: 60 });
  });
});
