import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exportPartition } from '../../src/activities/exportPartition.ts';
import { healPartition } from '../../src/activities/healPartition.ts';
import { holdTable } from '../../src/activities/holdTable.ts';
import type { Source } from '../../src/job/source.ts';
import { Session } from '../../src/mysql/session/session.ts';
import { withSessionScope } from '../../src/mysql/session/sessionScope.ts';
import { runFresh, type SmallDay, writeDay, writeSeed } from '../support/crashedDay.ts';
import { drift } from '../support/drift.ts';
import { eventually } from '../support/eventually.ts';
import { atEveryStep, attempt, type Mishap, met } from '../support/faultMatrix.ts';
import { type Fate, Wire } from '../support/wire.ts';
import { makeWorld, type World } from '../support/world.ts';

/** In production half a minute. */
const silenceMillis = 150;
/** The most that an attempt whose server falls silent may take, together with its retry. */
const longest = 15_000;

/** The connection of one statement falls silent before it is sent; the attempt finds out, and a retry goes on at once. */
const silent: Mishap = {
  steps: (whats) => whats.flatMap((what, index) => (what.startsWith('sql') ? [index + 1] : [])),
  async happen(scene, activity, step) {
    let silenced = false;
    // What is under way at once comes in another order each time: the next statement from there on.
    const ended = met(scene, activity, (number, what) => {
      if (silenced || number < step || !what.startsWith('sql')) return 'answered';
      silenced = true;
      return 'silent';
    }).then(() => true);
    const late = setTimeout(longest, false, { ref: false });
    if (!(await Promise.race([ended, late]))) scene.wrong.push(`still waits after ${longest} ms`);
  },
};

describe.each(['mysql', 'mariadb'] as const)('a connection to %s that falls silent, without a reset,', (flavor) => {
  let world: World;

  beforeAll(async () => {
    world = await makeWorld(flavor);
    await writeSeed(world);
    Object.assign(world.config.source, { silenceMillis });
  });
  afterAll(() => world.close());

  test('is found out at whatever statement of export, proof, commit and purge, and its locks are gone (P89)', async () => {
    expect(await atEveryStep(world, silent, 12)).toEqual([]);
  }, 240_000);

  /** Runs an activity whose statements of a kind get no answer. */
  async function silencedAt(statement: RegExp, activity: (source: Source) => Promise<unknown>): Promise<unknown> {
    const wire = await Wire.open(world.config, (_, what): Fate => (statement.test(what) ? 'silent' : 'answered'));
    return attempt(wire, activity);
  }

  async function archived(table: string): Promise<SmallDay> {
    const smallDay = await writeDay(world, table);
    await runFresh(world, smallDay.job.slice(0, 3));
    return smallDay;
  }

  test('in the middle of a heal is given up, and the heal tried again', async () => {
    const { table, input, job } = await archived('healed');
    await drift(world, table);
    const heal = (source: Source) => healPartition(source, input, world.attempt);
    // The day's last transaction, in which the ledger takes the new manifest over.
    expect(await silencedAt(/^sql UPDATE .* SET revision = /, heal)).toMatchObject({ name: 'ConnectionLost' });
    await runFresh(world, job.slice(3));
    expect(
      await world.ledger.readPartition({ ...input, database: world.name, table, day: input.day as never }),
    ).toMatchObject({ state: 'purged' });
  });

  test('while a pause is written is given up, and the pause written by the retry', async () => {
    const { input } = await archived('paused');
    const pause = (source: Source) =>
      holdTable(source, { ...input, owner: 'oncall', reason: 'month-end' }, world.attempt);
    expect(await silencedAt(/^sql INSERT INTO .*holds/, pause)).toMatchObject({ name: 'ConnectionLost' });
    await runFresh(world, [pause]);
    expect(await world.ledger.activeHold({ database: world.name, table: 'paused' })).toMatchObject({ owner: 'oncall' });
  });

  test('with the whole server behind it says the address and that the server can’t be asked', async () => {
    const { input } = await writeDay(world, 'alone');
    const wire = await Wire.open(world.config, (_, what): Fate => {
      if (/^sql SELECT .*`alone` FORCE/.test(what)) wire.hush();
      return 'answered';
    });
    const error = await attempt(wire, (source) => exportPartition(source, input, world.attempt));
    expect(String(error)).toMatch(
      new RegExp(`the connection to 127.0.0.1:${wire.config.source.port} was given up: no answer for .*can't be asked`),
    );
  });

  test('is no lost one while the server is at a long statement, and the attempt hears that it is', async () => {
    const heard: number[] = [];
    const scope = { signal: new AbortController().signal, alive: (seconds: number) => heard.push(seconds) };
    await withSessionScope(scope, async () => {
      const session = await Session.open(world.config.source, 'READ COMMITTED');
      await session.rows('SELECT SLEEP(1)');
      session.close();
    });
    expect(heard.length).toBeGreaterThan(1);
  });

  test('a statement that takes milliseconds by nature has a deadline, even where the server says it is at it', async () => {
    const session = await Session.open(world.config.source, 'READ COMMITTED');
    const asked = Date.now();
    await expect(session.within(300).rows('SELECT SLEEP(20)')).rejects.toThrow(/no answer within 0.3 s/);
    expect(Date.now() - asked).toBeLessThan(3_000);
    await eventually(async () => {
      const open = await world.sql('SELECT 1 FROM information_schema.PROCESSLIST WHERE ID = ?', [
        session.connection.threadId,
      ]);
      return open.length === 0 || undefined;
    }, 'the end of the statement on the server');
    session.close();
  });

  test('a session ends with the attempt that opened it: cancelled, its statement is killed on the server too', async () => {
    const cancel = new AbortController();
    let id: number | null = null;
    const work = withSessionScope({ signal: cancel.signal, alive: () => undefined, lastMillis: 200 }, async () => {
      const session = await Session.open(world.config.source, 'READ COMMITTED');
      id = session.connection.threadId;
      await session.rows('SELECT SLEEP(30)');
    });
    work.catch(() => undefined);
    const ids = () => world.sql('SELECT 1 FROM information_schema.PROCESSLIST WHERE ID = ?', [id ?? 0]);
    await eventually(async () => (await ids()).length === 1 || undefined);
    cancel.abort();
    await expect(work).rejects.toThrow(/its work was cancelled/);
    await eventually(async () => (await ids()).length === 0 || undefined, 'the end of the statement on the server');
  });
});
