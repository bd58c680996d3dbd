import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openTable } from '../../../src/checks/openTable.ts';
import { type ExchangeAccount, mayDelete } from '../../../src/native/exchangeLedger.ts';
import { mayDeleteProcedure } from '../../../src/procedures/mayDelete.ts';
import type { PurgeRun } from '../../../src/procedures/purgeProcedure.ts';
import { ensureProcedure } from '../../../src/procedures/storedProcedure.ts';
import { openChunks } from '../../support/chunkPurge.ts';
import { archiveDay, countRows } from '../../support/job.ts';
import { makeWorld, type World } from '../../support/world.ts';

const day = '2026-01-05';
const otherFingerprint = '0'.repeat(64);

/** What an attempt says of the day, by the chunks of a run or by an exchange. */
type Said = Pick<PurgeRun, 'epoch' | 'cursor' | 'manifestVersion' | 'fingerprint' | 'fuseRows'>;

interface Rule {
  rule: string;
  outcome: 'fenced' | 'held' | 'fuse' | 'schema';
  /** What is said otherwise than it is. */
  said?: (said: Said) => Partial<Said>;
  /** What is otherwise than it is said; of `{{ledger}}`, `{{database}}` and `{{table}}`. */
  sql?: string;
}

const hold = (scope: string, until: string) =>
  `INSERT INTO {{ledger}}.holds (scope, owner, reason, until_time) VALUES ('${scope}', 'dba', 'month-end', ${until})`;

const rules: Rule[] = [
  { rule: 'another epoch', outcome: 'fenced', said: ({ epoch }) => ({ epoch: epoch - 1 }) },
  { rule: 'another cursor', outcome: 'fenced', said: () => ({ cursor: ['2026-01-05 10:00:00', '3'] }) },
  { rule: 'another manifest', outcome: 'fenced', said: () => ({ manifestVersion: 'before' }) },
  {
    rule: 'a manifest whose version differs by case alone',
    outcome: 'fenced',
    said: () => ({ manifestVersion: 'VERSION' }),
    sql: `UPDATE {{ledger}}.partitions SET manifest_version = 'version' WHERE table_name = '{{table}}'`,
  },
  {
    rule: 'a day that is not being purged',
    outcome: 'fenced',
    sql: `UPDATE {{ledger}}.partitions SET state = 'archived' WHERE table_name = '{{table}}'`,
  },
  {
    rule: 'a day without its row',
    outcome: 'fenced',
    sql: `DELETE FROM {{ledger}}.partitions WHERE table_name = '{{table}}'`,
  },
  { rule: 'a hold on the table', outcome: 'held', sql: hold('{{database}}.{{table}}', 'NULL') },
  { rule: 'a hold on all tables', outcome: 'held', sql: hold('*', 'UTC_TIMESTAMP(6) + INTERVAL 1 HOUR') },
  { rule: 'a fuse of one row less', outcome: 'fuse', said: () => ({ fuseRows: 29 }) },
  {
    rule: 'a fuse of which a row has gone today',
    outcome: 'fuse',
    said: () => ({ fuseRows: 30 }),
    sql: `INSERT INTO {{ledger}}.deletions (database_name, table_name, utc_day, deleted) VALUES ('{{database}}', '{{table}}', UTC_DATE(), 1)`,
  },
  { rule: 'other columns', outcome: 'schema', said: () => ({ fingerprint: otherFingerprint }) },
  {
    rule: 'a column that came since',
    outcome: 'schema',
    sql: 'ALTER TABLE {{database}}.{{table}} ADD COLUMN extra INT',
  },
];

describe.each(['mysql', 'mariadb'] as const)('what may be deleted on %s', (flavor) => {
  let world: World;
  beforeAll(async () => {
    world = await makeWorld(flavor);
  });
  afterAll(() => world.close());

  /** An archived day of 30 rows, opened for its purge: what is right to say of it, and both ways to ask. */
  async function openedDay(table: string) {
    await world.sql(`CREATE TABLE ${world.name}.${table} (id INT PRIMARY KEY, t DATETIME NOT NULL, KEY (t))`);
    const tuples = Array.from({ length: 30 }, (_, id) => `(${id}, '${day} 10:00:00')`);
    await world.sql(`INSERT INTO ${world.name}.${table} VALUES ${tuples.join(', ')}`);
    world.add({ table, timeColumn: 't', chunkRows: 100 });
    const name = { database: world.name, table };
    await archiveDay(world, name, day);
    const { runs, call } = await openChunks(world, name, day);
    const [said] = runs;
    if (!said) throw new Error('the day has no chunk');
    const { schema } = await openTable(world.session, { ...name, timeColumn: 't' });
    const procedure = mayDeleteProcedure(world.ledger, schema);
    await ensureProcedure(world.session, procedure);
    const account = ({ epoch, cursor, manifestVersion, fingerprint, fuseRows }: Said): ExchangeAccount => ({
      ...{ procedure: procedure.name, epoch, cursor, manifestVersion, fingerprint, rules: schema.rules },
      ...{ rows: 30, chunks: 1, fuse: { rows: fuseRows, setting: 'maxRowsPerDay' } },
    });
    return {
      name,
      said,
      // Two chunks' worth: a single chunk may go before any other of the UTC day, whatever the fuse.
      byChunks: (of: Said) => call({ ...said, ...of, chunks: 2 }),
      byExchange: (of: Said) => world.ledger.session.transaction(() => mayDelete(world.ledger, said.day, account(of))),
    };
  }

  test.each(rules)('$rule: neither chunks nor an exchange delete, for the same reason in words', async (rule) => {
    const { name, said, byChunks, byExchange } = await openedDay(`broken${rules.indexOf(rule)}`);
    if (rule.sql)
      await world.sql(
        rule.sql
          .replace('{{ledger}}', world.ledger.name)
          .replace('{{database}}', name.database)
          .replace('{{table}}', name.table),
      );
    const broken = { ...said, ...rule.said?.(said) };
    const answer = await byExchange(broken);
    expect(answer).toMatchObject({ outcome: rule.outcome });
    expect(await byChunks(broken)).toEqual(answer);
    expect(await countRows(world, name)).toBe(30);
    await world.sql(`DELETE FROM ${world.ledger.name}.holds`);
  });

  test('with every rule kept, and a hold that is over, both may', async () => {
    const { name, said, byChunks, byExchange } = await openedDay('kept');
    await world.sql(hold('*', 'UTC_TIMESTAMP(6) - INTERVAL 1 SECOND').replace('{{ledger}}', world.ledger.name));
    const kept = { ...said, fuseRows: 30 };
    expect(await byExchange(kept)).toEqual({ outcome: 'may', detail: '' });
    expect(await byChunks(kept)).toEqual({ outcome: 'deleted', detail: '30' });
    expect(await countRows(world, name)).toBe(0);
  });
});
