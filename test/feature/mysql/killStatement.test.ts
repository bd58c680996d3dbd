import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { killStatement } from '../../../src/mysql/session/killStatement.ts';
import { eventually } from '../../support/eventually.ts';
import { makeWorld, type World } from '../../support/world.ts';

describe.each(['mysql', 'mariadb'] as const)('a statement that is to be ended on %s', (flavor) => {
  let world: World;
  beforeAll(async () => {
    world = await makeWorld(flavor);
  });
  afterAll(() => world.close());

  test('is ended where it is ours still; another one of the same connection id is left alone', async () => {
    const session = await world.source.open('READ COMMITTED');
    const id = session.connection.threadId;
    const asked = session.rows('SELECT SLEEP(600) AS theirs');
    const ended = asked.then(
      (rows) => String(rows[0]?.theirs),
      (error) => error.code,
    );
    const running = 'SELECT 1 FROM information_schema.PROCESSLIST WHERE ID = ? AND INFO LIKE ?';
    const isThere = async () => (await world.sql(running, [id, '%SLEEP%'])).length === 1 || undefined;
    await eventually(isThere, 'the statement on the server');
    expect(await killStatement(session, ['SELECT `ours`'])).toBe(false);
    expect(await isThere()).toBe(true);
    expect(await killStatement(session, ['SELECT `ours`', 'SLEEP(600)'])).toBe(true);
    // A sleep that is killed answers 1 or an error, by the server's version.
    expect(['1', 'ER_QUERY_INTERRUPTED']).toContain(await ended);
    session.close();
  });
});
