import { afterAll, beforeAll, expect, test } from 'vitest';
import { planDay } from '../../../src/activities/planDay.ts';
import { Source } from '../../../src/job/source.ts';
import { recordRefusal } from '../../../src/ledger/refusals.ts';
import { type Broken, day, makeBroken, nowhere } from '../../support/broken.ts';

const tables = ['refused', 'mended', 'stopped', 'since', 'clock', 'untouched'];

let broken: Broken;

beforeAll(async () => {
  broken = await makeBroken(tables);
});
afterAll(() => broken?.close());

/** The daily run's plan of one table. */
async function planned(table: string) {
  const { source, world } = broken;
  const own = { ...source.config, tables: source.config.tables.filter((each) => each.table === table) };
  const alone = new Source(own);
  const at = new Date().toISOString();
  await planDay(alone, { scheduledTime: at, startedAt: at }, world.attempt);
  alone.close();
}

test('a table that the daily run refused: why, since when, and what to do', async () => {
  await broken.create('refused', '');
  await planned('refused');
  const found = await broken.look('refused');
  expect(found).toMatchObject({
    code: 3,
    state: { kind: 'refused', reason: expect.stringContaining('no primary key'), since: expect.any(String) },
    command: `sediment doctor ${broken.nameOf('refused')}`,
    metric: 'refused',
  });
  expect(found.status).toMatch(/refused since .+no primary key/s);
  expect(found.explained).toMatch(/refused since .+no primary key/s);
  expect(found.explained).toContain('refused now: ');
});

test('a refused table that was mended since: the next run opens it, and no command is needed', async () => {
  await broken.create('mended', '');
  await planned('mended');
  await broken.world.sql(`ALTER TABLE ${broken.nameOf('mended')} ADD PRIMARY KEY (id)`);
  const found = await broken.look('mended');
  expect(found).toMatchObject({ code: 3, state: { kind: 'refused' } });
  expect(found.explained).toContain('nothing refuses it any more: the next daily run opens it');
});

test('a table that stopped: the rows that differ, and the command that goes on', async () => {
  await broken.create('stopped');
  await broken.archive('stopped');
  await broken.world.sql(`UPDATE ${broken.nameOf('stopped')} SET note = 'changed' WHERE id = 7`);
  await expect(broken.slice('stopped')).rejects.toThrow('healing is off');
  const found = await broken.look('stopped');
  const command = `sediment heal ${broken.nameOf('stopped')} --day ${day}`;
  expect(found).toMatchObject({
    code: 3,
    state: { kind: 'stopped', work: 'purge', day, command },
    command,
    metric: 'stopped',
  });
  expect(found.explained).toMatch(/1 rows? changed \(7\)/);
  expect(found.explained).toContain(`${day} is purging: 40 archived, 0 deleted`);
  // As a reader has it in a pipe: one command, once.
  expect(found.explained.split(command)).toHaveLength(2);
});

test('an archive that was refused, and that another attempt has made since, is refused no more', async () => {
  await broken.create('since');
  const { world } = broken;
  const table = { database: world.name, table: 'since' };
  const refusal = { work: 'archive', day, reason: 'the bucket says 403', remedy: null, command: null } as const;
  await recordRefusal(world.ledger, table, { ...refusal, day: day as never });
  expect(await broken.look('since')).toMatchObject({ state: { kind: 'stopped', work: 'archive', day } });
  await broken.archive('since');
  const found = await broken.look('since');
  expect(found).toMatchObject({ code: 1, state: { kind: 'waiting' }, metric: 'waiting' });
  expect(found.status).not.toContain(refusal.reason);
});

test('clocks that disagree: whose, by how much, and no forecast', async () => {
  await broken.create('clock');
  await broken.archive('clock');
  const late = new Source(broken.source.config, () => Date.now() - 600_000);
  await broken.world.sql(
    `UPDATE ${broken.world.ledger.name}.partitions SET state = 'purging' WHERE table_name = 'clock'`,
  );
  expect(await broken.slice('clock', 1, late)).toMatchObject({ heldBy: 'clock' });
  late.close();
  // A wait is said once it is longer than the rest between two transactions.
  await expect
    .poll(() => broken.stateOf('clock', nowhere), { timeout: 30_000, interval: 500 })
    .toMatchObject({ kind: 'waiting', for: 'clock', reason: expect.stringContaining('clocks disagree: MySQL’s says') });
  const found = await broken.look('clock', nowhere);
  expect(found).toMatchObject({ command: `sediment doctor ${broken.nameOf('clock')}` });
  expect(found.status).toContain('clocks disagree');
  expect(found.status).not.toMatch(/never within its policy|as seen last/);
});

test('a table that no run has opened: that nothing is known of it, and exit 1', async () => {
  await broken.create('untouched');
  const found = await broken.look('untouched');
  expect(found).toMatchObject({
    code: 1,
    state: { kind: 'neverLookedAt' },
    command: `sediment plan ${broken.nameOf('untouched')}`,
    metric: 'neverLookedAt',
  });
  expect(found.status).toContain('Backlog unknown');
});
