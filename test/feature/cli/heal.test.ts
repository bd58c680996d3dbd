import { afterAll, beforeAll, expect, test } from 'vitest';
import { purgeSlice } from '../../../src/activities/purgeSlice.ts';
import { parseTableName } from '../../../src/model/tableName.ts';
import { asPrinted, sediment } from '../../support/command.ts';
import { archiveDay } from '../../support/job.ts';
import { day, fortyRows, makeOperated, type Operated } from '../../support/operatedCli.ts';

/** A name that a shell would take for something else. */
const dotted = '`it.has $dots`';
let operated: Operated;

beforeAll(async () => {
  const policy = (table: string, more = '') =>
    `{ table: "${table}", timeColumn: t, purge: enabled, pace: full, drift: stop, chunkRows: 10${more} }`;
  operated = await makeOperated((world) => [
    ...[dotted, 'rewound', 'served'].map((table) => policy(`${world}.${table}`)),
    policy(`${world}.fresh`, ', retention: P900D'),
  ]);
});
afterAll(() => operated?.close());

const purge = (table: string) =>
  purgeSlice(operated.source, { table, cutoff: '2026-06-01', forMillis: 60_000 }, operated.world.attempt);
const stopOf = async (table: string): Promise<string> => {
  const error = await purge(table).then(
    () => new Error('it was purged'),
    (found: Error) => found,
  );
  return error.message;
};

test('a day that stopped is healed by the command that its stop names, and its purge goes on to the end', async () => {
  const { world, config, env, archived, rowsLeft } = operated;
  const table = await archived(dotted);
  await world.sql(`UPDATE ${table} SET note = 'new' WHERE id IN (5, 6)`);
  const stop = await stopOf(table);
  expect(stop).toContain(`sediment heal '${table}' --day ${day}`);
  await world.ledger.putHold({ scope: table, owner: 'dba', reason: 'month-end close', until: null });
  const held = await asPrinted(stop, config, env);
  expect(held).toMatchObject({
    code: 3,
    stdout: expect.stringContaining('is not healed: held by dba: month-end close'),
  });
  await world.ledger.dropHold(table);
  expect(await asPrinted(stop, config, env)).toMatchObject({
    code: 0,
    stdout: `${table} ${day} healed: 0 rows added, 2 changed, 0 removed; 1 part written, read back and proved.\nThe purge of ${table} goes on.\n`,
  });
  await expect.poll(() => rowsLeft(table), { timeout: 20_000 }).toBe(0);
  expect(await world.ledger.readPartition({ database: world.name, table: 'it.has $dots', day: day })).toMatchObject({
    rowsDeleted: 40,
    rowsChanged: 2,
  });
  const again = await sediment(['heal', table, '--day', day, '--json', '-c', config], env);
  expect(JSON.parse(again.stdout)).toMatchObject({ version: 1, added: 0, changed: 0, parts: 0, purges: true });
});

test('a day that isn’t archived, or isn’t due, is not healed, and the command says what to do', async () => {
  const { world, config, env, archived } = operated;
  const table = await archived('fresh');
  const run = (of: string) => sediment(['heal', table, '--day', of, '-c', config], env);
  expect(await run(day)).toMatchObject({ code: 1, stderr: expect.stringMatching(/isn't past its retention \(P900D/) });
  expect(await run('2026-01-06')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining(`sediment backfill --table ${table} --from 2026-01-06 --to 2026-01-06`),
  });
  expect((await world.ledger.readPartition({ database: world.name, table: 'fresh', day: day }))?.state).toBe(
    'archived',
  );
});

test('another server is accepted by the command that the stop names, with who and why; nothing is purged before (P14)', async () => {
  const { world, config, env, archived, rowsLeft } = operated;
  const table = await archived('served');
  const servers = `${world.ledger.name}.servers`;
  await world.sql(`UPDATE ${servers} SET server_id = 'the one before'`);
  const stop = await stopOf(table);
  expect(await rowsLeft(table)).toBe(40);
  const shown = await sediment(['status', '-c', config], env);
  expect(shown.stdout).toMatch(/^this server is \S+, the archive was made from the one before: /m);
  expect(shown.stdout).toContain('sediment accept --all --server --reason "…"\n');
  expect(await asPrinted(stop, config, env)).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^Server \S+ is accepted, beside the one before\./),
  });
  const [row] = await world.sql(`SELECT * FROM ${servers} WHERE server_id <> 'the one before'`);
  expect(row).toMatchObject({ owner: expect.any(String), reason: '…' });
  expect(await asPrinted(stop, config, env)).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('it was accepted before. Nothing was changed.'),
  });
  expect(await purge(table)).toMatchObject({ deleted: 40 });
});

test('a rewind is accepted by the command that the stop names, and recorded; rows that are back go again (P77)', async () => {
  const { world, source, config, env, archived } = operated;
  const table = await archived('rewound');
  await purge(table);
  // The backup is from before the day was archived: its ledger knows nothing of it, the table has it all.
  for (const name of ['partitions', 'parts', 'tables'])
    await world.sql(`DELETE FROM ${world.ledger.name}.${name} WHERE table_name = 'rewound'`);
  await world.sql(fortyRows(table));
  const stop = await archiveDay(world, parseTableName(table), day, source).then(
    () => 'it was archived',
    (error: Error) => error.message,
  );
  expect(await asPrinted(stop, config, env)).toMatchObject({
    code: 0,
    stdout: `${table}: the ledger was brought forward to S3 for 1 day, ${day}. Rows that are back are proved and deleted again by the next purge.\n`,
  });
  expect(await world.sql(`SELECT kind, scope, reason, owner FROM ${world.ledger.name}.accepted`)).toEqual([
    { kind: 'rewind', scope: table, reason: '…', owner: expect.stringMatching(/./) },
  ]);
  const again = await sediment(['accept', '--all', '--rewind', '--reason', 'the restore of today', '-c', config], env);
  expect(again).toMatchObject({
    code: 0,
    stdout: expect.stringContaining(`${table}: no manifest in S3 is newer than the ledger; nothing was changed.`),
  });
  expect(await purge(table)).toMatchObject({ deleted: 40 });
});
