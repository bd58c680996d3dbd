import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Replica, startReplica } from '../../bench/replica.ts';
import { stackFolder } from '../../stack/fetch.ts';
import { type SqlServer, startMysql } from '../../stack/mysql.ts';
import type { Server } from '../../stack/process.ts';
import { asPrinted, policyFile, policyText } from '../support/command.ts';
import { accountOf, imbalances, runFresh, writeDay, writeSeed } from '../support/crashedDay.ts';
import { slice } from '../support/slice.ts';
import { makeWorld, type World } from '../support/world.ts';

const folder = join(stackFolder, `failover-${process.pid}`);
let primary: SqlServer;
let replica: Replica;
let world: World;
const running: Server[] = [];

beforeAll(async () => {
  mkdirSync(folder, { recursive: true });
  primary = await startMysql(folder, (started) => running.push(started));
  world = await makeWorld('mysql', { port: primary.port });
  replica = await startReplica({ folder, mysql: primary, session: world.session });
  await writeSeed(world);
});
afterAll(async () => {
  world?.close();
  replica?.session.close();
  await replica?.stop();
  await Promise.all(running.map((each) => each.stop()));
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
});

/** What an administrator does: the replica becomes a writer, and the policy names it. */
async function promote(): Promise<void> {
  await replica.session.execute('STOP REPLICA');
  await replica.session.execute('RESET REPLICA ALL');
  Object.assign(world.config.source, { port: replica.mysql.port });
  await world.reconnect();
}

test('after a promotion in the middle of a purge, what the replica has whole goes on, what it lacks stops (P14, P86, P103)', async () => {
  // One day whose purge has begun when the writer dies, and one whose first delete never reached the replica.
  const [begun, lagging] = [await writeDay(world, 'begun'), await writeDay(world, 'lagging')];
  for (const each of [begun, lagging]) await runFresh(world, each.job.slice(0, 3));
  const dead = running.pop();
  const error = await slice(world, begun, async () => {
    await replica.caughtUp();
    await replica.session.execute('STOP REPLICA');
    await slice(world, lagging, async () => process.kill(primary.pid, 'SIGKILL'));
  });
  expect(String(error)).toMatch(/onnection/);
  await dead?.exit();

  await promote();
  const atHandover = await accountOf(world, begun);
  expect(atHandover).toMatchObject({ left: begun.written.length - 720, deleted: 720 });
  expect(await accountOf(world, lagging)).toMatchObject({ left: lagging.written.length, deleted: 0 });

  const config = policyFile(
    policyText({
      name: world.name,
      url: `mysql://root@127.0.0.1:${replica.mysql.port}`,
      tables: ['begun', 'lagging'].map((table) => `{ table: ${world.name}.${table}, timeColumn: t }`),
    }),
  );
  // It has the whole of what the first had done. A person says that it is the replica, and no clone.
  const other = String(await slice(world, begun));
  expect(other).toMatch(/no longer answers there, this one is reached at .+: a replica that was promoted, or a clone/);
  expect(await asPrinted(other, config)).toMatchObject({ code: 0, stdout: expect.stringContaining('is accepted') });
  expect(await slice(world, begun)).toBeUndefined();

  // Its last delete and the ledger's are both missing here, and the trace in S3 knows of it: a person says that it was meant.
  const behind = String(await slice(world, lagging));
  expect(behind).toMatch(/_purge\.json knows more than the ledger/);
  expect(await accountOf(world, lagging)).toMatchObject({ left: lagging.written.length, deleted: 0 });
  expect(await asPrinted(behind, config)).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('was brought forward to S3 for 1 day'),
  });
  for (const each of [begun, lagging]) {
    await runFresh(world, each.job.slice(3));
    expect(imbalances(await accountOf(world, each), each.written)).toEqual([]);
  }
});
