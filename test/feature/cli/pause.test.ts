import { type AddressInfo, createServer } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { momentAfter, parseWait } from '../../../src/cli/text/duration.ts';
import { parseDay } from '../../../src/model/day.ts';
import { policyFile, policyText, sediment } from '../../support/command.ts';
import { inProcess } from '../../support/inProcess.ts';
import { makeWorld, type World } from '../../support/world.ts';

let world: World;
let config: string;
let table: string;

beforeAll(async () => {
  world = await makeWorld('mysql');
  table = `${world.name}.orders`;
  config = policyFile(
    policyText({
      name: world.name,
      tables: [`{ table: ${table}, timeColumn: t }`, `{ table: ${world.name}.others, timeColumn: t }`],
    }),
  );
});
afterAll(() => world.close());

async function json(args: readonly string[]): Promise<{ code: number | null; document: Record<string, unknown> }> {
  const { code, stdout } = await sediment([...args, '--json', '-c', config]);
  return { code, document: JSON.parse(stdout) };
}

async function holds(): Promise<Record<string, string | null>[]> {
  return world.sql(
    `SELECT scope, reason, until_time IS NULL AS forever FROM ${world.name}_ledger.holds ORDER BY scope`,
  );
}

test('a pause before the first worker makes the ledger, says where it stands, and fences what is in flight; a second one takes its place (P80)', async () => {
  const fresh = await makeWorld('mysql', { ledger: false });
  const own = policyFile(policyText({ name: fresh.name, tables: ['{ table: a.b, timeColumn: t }'] }));
  const first = await sediment(['pause', 'a.b', '--reason', 'not yet', '-c', own]);
  expect(first).toMatchObject({ code: 0, stderr: '' });
  expect(first.stdout).toBe(
    'a.b is held in the ledger: no delete begins from now on.\n' +
      'a.b paused; no day of it is half purged, nothing in flight.\nStays so until: sediment resume a.b\n',
  );
  fresh.close();

  const key = { database: world.name, table: 'orders', day: parseDay('2026-01-05') };
  await world.ledger.insertPartition(
    key,
    'f'.repeat(32),
    { start: '2026-01-05 00:00:00', end: '2026-01-06 00:00:00' },
    'f'.repeat(64),
  );
  await world.sql(
    `UPDATE ${world.name}_ledger.partitions SET state = 'purging', rows_archived = 1204, rows_deleted = 4,
      cursor_json = '["2026-01-05 13:22:10.004311","88121233"]'`,
  );
  const before = await world.ledger.readPartition(key);
  const paused = await sediment(['pause', table, '--reason', 'month-end close', '--for', '2h', '-c', config]);
  expect(paused.stdout).toContain(
    `${table} paused in 2026-01-05 at 2026-01-05 13:22:10.004311 / 88121233, nothing in flight, 1,200 rows of this day left.\nResumes by itself at `,
  );
  expect(paused.stdout).toContain(` UTC (2h). Earlier: sediment resume ${table}`);
  expect((await world.ledger.readPartition(key))?.epoch).toBe((before?.epoch ?? 0) + 1);

  const again = await sediment(['pause', table, '--reason', 'longer', '-c', config]);
  expect(again).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/was paused already, by .+: "month-end close"\. This pause takes its place\./),
  });
  expect(await holds()).toMatchObject([{ scope: table, reason: 'longer', forever: '1' }]);
});

test('a pause says that the hold is in the ledger while a delete is still in flight, and the rest when it has ended', async () => {
  const written = await world.ledger.days(world.name, 'orders');
  expect(written.map((each) => each.state)).toEqual(['purging']);
  const partitions = `${world.name}_ledger.partitions`;
  // The row lock that a deleting transaction has.
  await world.sql('BEGIN');
  await world.sql(`SELECT epoch FROM ${partitions} WHERE state = 'purging' FOR UPDATE`);
  let output = '';
  const paused = sediment(['pause', table, '--reason', 'at once', '-c', config], {}, (text) => {
    output += text;
  });
  const waiting = async () =>
    world.sql(`SELECT 1 FROM information_schema.processlist WHERE info LIKE 'UPDATE%${world.name}_ledger%partitions%'`);
  await expect.poll(async () => (await waiting()).length, { timeout: 30_000 }).toBe(1);
  await expect.poll(() => output).toBe(`${table} is held in the ledger: no delete begins from now on.\n`);
  expect(await holds()).toMatchObject([{ scope: table, reason: 'at once' }]);
  await world.sql('COMMIT');
  expect((await paused).stdout).toContain(`${table} paused in 2026-01-05 at `);
  await json(['resume', table]);
});

test('the hold’s line is written before any worker is asked', async () => {
  let output = '';
  const saidBefore: string[] = [];
  // In place of Temporal: notes what the command had said when it was first asked.
  const asked = createServer((socket) => {
    saidBefore.push(output);
    socket.destroy();
  });
  await new Promise<void>((resolve) => asked.listen(0, '127.0.0.1', resolve));
  const { port } = asked.address() as AddressInfo;
  const env = { TEMPORAL_ADDRESS: `127.0.0.1:${port}` };
  const paused = await inProcess(['pause', table, '--reason', 'at once', '-c', config], env, (text) => {
    output += text;
  });
  expect(paused.code).toBe(0);
  expect(saidBefore[0]).toMatch(/^\S+ is held in the ledger: no delete begins from now on\.\n/);
  asked.close();
  await inProcess(['resume', table, '-c', config], env);
});

test('a resume of the paused goes on, of the not paused changes nothing, and of one that all are paused with is refused', async () => {
  await json(['pause', table, '--reason', 'one']);
  expect(await json(['pause', '--all', '--reason', 'everything'])).toMatchObject({
    code: 0,
    document: { hold: { scope: '*' } },
  });
  expect(await json(['resume', table])).toMatchObject({
    code: 3,
    document: { resumed: true, tables: [{ table, heldBy: { scope: '*', reason: 'everything' } }] },
  });
  expect(await json(['resume', '--all'])).toMatchObject({ code: 0, document: { resumed: true } });
  expect(await json(['resume', '--all'])).toMatchObject({ code: 0, document: { resumed: false } });
  expect(await json(['resume', table])).toMatchObject({
    code: 0,
    document: { resumed: false, tables: [{ heldBy: null }] },
  });
  expect(await holds()).toEqual([]);
});

test('resume --all releases the pause of all, not a table’s own of the same owner and reason', async () => {
  await json(['pause', table, '--reason', 'month-end close']);
  await json(['pause', '--all', '--reason', 'month-end close']);
  expect(await json(['resume', '--all'])).toMatchObject({ code: 3, document: { resumed: true } });
  expect(await holds()).toMatchObject([{ scope: table }]);
  await json(['resume', table]);
  expect(await holds()).toEqual([]);
});

test('a pause that has ended by itself isn’t one any more', async () => {
  await world.ledger.putHold({ scope: table, owner: 'dba', reason: 'short', until: '2026-01-01 00:00:00' });
  expect(await json(['resume', table])).toMatchObject({ code: 0, document: { resumed: false } });
  expect((await sediment(['status', '-c', config])).stdout).not.toContain('paused');
});

test.each([
  ['2h', '2026-11-22T14:00:00.000000Z'],
  ['PT2H', '2026-11-22T14:00:00.000000Z'],
  ['90s', '2026-11-22T12:01:30.000000Z'],
  ['1h30m', '2026-11-22T13:30:00.000000Z'],
  ['1d', '2026-11-23T12:00:00.000000Z'],
  ['P1M', '2026-12-22T12:00:00.000000Z'],
])('--for %s ends at %s', (text, end) => {
  expect(momentAfter('2026-11-22T12:00:00.000000Z', parseWait(text))).toBe(end);
});

test.each(['', '0m', '2 h', '-2h', '2x', 'h', 'P', '1.5h'])('--for "%s" is refused', (text) => {
  expect(() => parseWait(text)).toThrow(/Write/);
});
