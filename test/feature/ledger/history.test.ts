import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { release } from '../../../src/config/release.ts';
import { recordAudit } from '../../../src/ledger/audits.ts';
import { acceptWindow } from '../../../src/ledger/days/windows.ts';
import { parseDay } from '../../../src/model/day.ts';
import { archive, day, fill, partition, purge, purgeToEnd } from '../../support/archived.ts';
import { policyFile, policyText, sediment } from '../../support/command.ts';
import { makeWorld, type World } from '../../support/world.ts';

describe.each(['mysql', 'mariadb'] as const)('the ledger’s history on %s', (flavor) => {
  let world: World;
  beforeAll(async () => {
    world = await makeWorld(flavor);
  });
  afterAll(() => world.close());

  /** What it says of a table, oldest first. */
  async function historyOf(table: string | null) {
    const rows = await world.sql(
      `SELECT day, event, who, detail FROM ${world.ledger.name}.history WHERE table_name <=> ? ORDER BY number`,
      [table],
    );
    return rows.map(({ day, event, who, detail }) => ({
      day,
      event,
      who,
      detail: JSON.parse(String(detail)) as unknown,
    }));
  }
  const product = `sediment ${release}`;

  test('keeps what happened to a day from its archive to its purge: by whom, when and why', async () => {
    await fill(world, 'told', 60);
    const key = { database: world.name, table: 'told', day: parseDay(day) };
    const scope = `${world.name}.told`;
    await archive(world, 'told');
    await world.ledger.putHold({ scope, owner: 'ada', reason: 'month-end close', until: null });
    expect(await world.ledger.dropHold(scope, 'bob')).toBe(true);
    expect(await world.ledger.dropHold(scope, 'bob')).toBe(false);
    await world.sql(`UPDATE ${world.name}.told SET amount = 0 WHERE id = 7`);
    await purgeToEnd(world, 'told');
    await recordAudit(world.ledger, key, { rows: 60, bytes: 900, finding: 'a chunk differs' });
    const all = { day, who: product };
    expect(await historyOf('told')).toEqual([
      { ...all, event: 'archived', detail: { rows: 60, manifest: expect.anything() } },
      { day: null, who: 'ada', event: 'held', detail: { reason: 'month-end close', until: null, exports: false } },
      { day: null, who: 'bob', event: 'released', detail: { owner: 'ada', reason: 'month-end close' } },
      {
        ...all,
        event: 'healed',
        detail: {
          revision: 2,
          added: 0,
          changed: 1,
          removed: 0,
          rows: 60,
          pass: 1,
          manifestVersion: expect.any(String),
        },
      },
      { ...all, event: 'purged', detail: { rowsDeleted: 60, proofs: expect.any(Number), leftRows: 0, pass: 1 } },
      { ...all, event: 'audited', detail: { rows: 60, bytes: 900, finding: 'a chunk differs' } },
    ]);
  });

  test('keeps a stop with its reason', async () => {
    await fill(world, 'stops', 20, { drift: 'stop' });
    await archive(world, 'stops');
    await world.sql(`UPDATE ${world.name}.stops SET amount = 0 WHERE id = 7`);
    await expect(purge(world, 'stops')).rejects.toThrow(/healing is off/);
    const [, stopped] = await historyOf('stops');
    expect(stopped).toMatchObject({ event: 'stopped', day, who: product });
    expect(stopped?.detail).toEqual({
      reason: (await partition(world, 'stops'))?.stopped,
      command: `sediment heal ${world.name}.stops --day ${day}`,
    });
  });

  test('keeps what a person accepted, once, and a hold on all tables', async () => {
    const { ledger } = world;
    const key = { database: world.name, table: 'accepts', day: parseDay(day) };
    for (const _ of ['once', 'again']) {
      await ledger.acceptServer('promoted', 'ada', 'planned promotion');
      await acceptWindow(ledger, key, 'ada', 'the column became UTC');
    }
    await ledger.recordAccepted('rewind', `${world.name}.accepts`, 'bob', 'restored on Monday');
    await ledger.putHold({ scope: '*', owner: 'bob', reason: 'restore', until: null, exports: true });
    await ledger.dropHold('*');
    expect(await historyOf('accepts')).toEqual([
      { day, event: 'accepted', who: 'ada', detail: { kind: 'window', reason: 'the column became UTC' } },
      { day: null, event: 'accepted', who: 'bob', detail: { kind: 'rewind', reason: 'restored on Monday' } },
    ]);
    expect(await historyOf(null)).toMatchObject([
      {
        event: 'accepted',
        who: 'sediment',
        detail: { kind: 'server', reason: expect.stringContaining('first server') },
      },
      { event: 'accepted', who: 'ada', detail: { kind: 'server', server: 'promoted', reason: 'planned promotion' } },
      { event: 'held', who: 'bob', detail: { exports: true } },
      { event: 'released', who: product, detail: { owner: 'bob' } },
    ]);
  });

  test('costs a purge nothing for its chunks, however many runs it takes', async () => {
    await fill(world, 'many', 200, { chunkRows: 5 });
    await archive(world, 'many');
    await purgeToEnd(world, 'many');
    const [row] = await world.sql(
      `SELECT chunks_deleted FROM ${world.ledger.name}.partitions WHERE table_name = 'many'`,
    );
    expect(Number(row?.chunks_deleted)).toBeGreaterThan(10);
    expect((await historyOf('many')).map(({ event }) => event)).toEqual(['archived', 'purged']);
  });

  test('is read by sediment history: of a table with what is about all, the newest, a range, as JSON and as CSV', async () => {
    const config = policyFile(
      policyText({
        name: world.name,
        url: `mysql://root@127.0.0.1:${inject('stack')[flavor].port}`,
        tables: [`{ table: ${world.name}.stops, timeColumn: t, retention: P60D, purge: enabled, pace: full }`],
      }),
    );
    const run = (...args: string[]) => sediment(['history', '-c', config, ...args]);
    const { events } = JSON.parse((await run('--json')).stdout);
    expect(events.length).toBeGreaterThan(10);
    expect(events[0]).toMatchObject({ number: 1, event: 'accepted', who: 'sediment', table: null, day: null });
    expect(events[1]).toEqual({
      number: 2,
      at: expect.stringMatching(/^20\d\d-\d\d-\d\dT.*Z$/),
      table: `${world.name}.told`,
      day,
      event: 'archived',
      who: product,
      detail: { rows: 60, manifest: expect.anything() },
    });
    const today = events[0].at.slice(0, 10);
    const { stdout } = await run(`${world.name}.stops`, '--from', today);
    expect(stdout).toMatch(new RegExp(`${world.name}\\.stops ${day}  archived: 20 rows, by sediment `));
    expect(stdout).toMatch(/all tables {2}paused, exports too: "restore", by bob/);
    expect(stdout).not.toContain(`${world.name}.told`);
    const last = await run('--last', '2');
    expect(last.stdout.trimEnd().split('\n')).toHaveLength(2);
    expect(last.stderr).toBe('The newest 2; older ones: --from <day>, or --last <number>\n');
    expect((await run('--csv')).stdout.split('\r\n')).toHaveLength(events.length + 2);
    expect((await run('--to', '2020-01-01')).stdout).toBe('Nothing has happened yet that the ledger knows of.\n');
    expect(await run('--from', '2026-01-02', '--to', '2026-01-01')).toMatchObject({ code: 2, stdout: '' });
    expect(await run('--last', 'all')).toMatchObject({ code: 2, stderr: expect.stringContaining('--last all') });
  });

  test('missing on a ledger of an older release keeps no pause from holding', async () => {
    await world.sql(`RENAME TABLE ${world.ledger.name}.history TO ${world.ledger.name}.moved_history`);
    const scope = `${world.name}.elder`;
    await world.ledger.putHold({ scope, owner: 'ada', reason: 'now', until: null });
    expect(await world.ledger.activeHold({ database: world.name, table: 'elder' })).toMatchObject({ owner: 'ada' });
    expect(await world.ledger.dropHold(scope, 'ada')).toBe(true);
    await world.sql(`RENAME TABLE ${world.ledger.name}.moved_history TO ${world.ledger.name}.history`);
  });
});
