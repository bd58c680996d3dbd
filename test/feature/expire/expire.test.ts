import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expireArchive } from '../../../src/activities/expireArchive.ts';
import { checkStore } from '../../../src/checks/openStore.ts';
import type { ArchiveSettings } from '../../../src/config/archive.ts';
import { findPolicy } from '../../../src/config/policy.ts';
import { collectEvidence } from '../../../src/evidence/collectEvidence.ts';
import { expireTable } from '../../../src/expire/expireTable.ts';
import { planExpiry } from '../../../src/expire/planExpiry.ts';
import { Source } from '../../../src/job/source.ts';
import { serverToday } from '../../../src/job/tableTime.ts';
import { readExpiries } from '../../../src/ledger/expiries.ts';
import { addDays, type Day } from '../../../src/model/day.ts';
import { missingOf } from '../../../src/plan/planPage.ts';
import { archive, day, fill, insert, partition, purge, purgeToEnd } from '../../support/archived.ts';
import { freshName, makeLockedBucket } from '../../support/bucket.ts';
import { makeWorld, type World } from '../../support/world.ts';

const kept: ArchiveSettings = { expire: 'P3M', notice: 'P30D', by: 'audit' };

function jobOf(world: World, table: string, source: Source = world.source) {
  const policy = findPolicy(world.config, `${world.name}.${table}`);
  return { source, ledger: world.ledger, policy, attempt: world.attempt };
}

/** What a run does 31 days after the announcement. */
async function letNoticePass(world: World, table: string): Promise<void> {
  await world.sql(
    `UPDATE ${world.config.source.ledger}.expiries SET announced_at = announced_at - INTERVAL 31 DAY WHERE table_name = ?`,
    [table],
  );
}

async function versionsOf(source: Source, world: World, table: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { key } of source.store.versions('')) if (key.includes(`${world.name}/${table}/`)) found.push(key);
  return found;
}

describe.each(['mysql', 'mariadb'] as const)('expiry on %s', (flavor) => {
  let world: World;
  beforeAll(async () => {
    world = await makeWorld(flavor);
  });
  afterAll(() => world.close());

  const byCommand = { who: 'ada', byAudit: false };
  const refusals = async (table: string) => (await planExpiry(jobOf(world, table))).due.map(({ refused }) => refused);

  test('a day is announced first, goes once its notice is over and its rows are gone, and nothing of it is left', async () => {
    await fill(world, 'old', 30, { archive: kept });
    await archive(world, 'old');
    expect((await expireTable(jobOf(world, 'old'), byCommand)).plan).toMatchObject({ due: [], later: [] });
    await world.sql(`UPDATE ${world.name}.old SET note = 'changed' WHERE id = 7`);
    await purgeToEnd(world, 'old');
    const { plan, expired } = await expireTable(jobOf(world, 'old'), byCommand);
    const today = await serverToday(world.session, jobOf(world, 'old').policy);
    expect(expired).toEqual([]);
    expect(plan.later).toEqual([
      { day, rows: 30, bytes: expect.any(Number), goesOn: addDays(today, 30), begun: false, refused: null },
    ]);
    await letNoticePass(world, 'old');

    // A row that came late, a hold: each keeps the archive.
    await insert(world, 'old', 900, 901);
    expect(await refusals('old')).toEqual([expect.stringMatching(/the table has rows of this day/)]);
    await world.sql(`DELETE FROM ${world.name}.old`);
    await world.sql(
      `INSERT INTO ${world.config.source.ledger}.holds (scope, owner, reason) VALUES ('${world.name}.old', 'bob', 'law')`,
    );
    expect(await refusals('old')).toEqual([expect.stringMatching(/is held by bob \("law"\)/)]);
    expect((await expireTable(jobOf(world, 'old'), byCommand)).expired).toEqual([]);
    expect(await partition(world, 'old')).toMatchObject({ state: 'purged' });
    await world.sql(`DELETE FROM ${world.config.source.ledger}.holds WHERE owner = 'bob'`);
    expect(await refusals('old')).toEqual([null]);

    const before = await versionsOf(world.source, world, 'old');
    expect(before.length).toBeGreaterThan(5);
    const foreign = before.find((key) => !key.startsWith('_'))?.replace(/[^/]*$/, 'notes.txt') ?? '';
    await world.source.store.putNew(foreign, Buffer.from('of somebody else'));
    const done = await expireTable(jobOf(world, 'old'), byCommand);
    expect(done.expired).toEqual([{ day, rows: 30, bytes: expect.any(Number), versions: before.length }]);
    expect(await versionsOf(world.source, world, 'old')).toEqual([foreign]);
    expect(await partition(world, 'old')).toMatchObject({ state: 'expired', rowsArchived: 30, rowsDeleted: 30 });
    const history = await world.sql(
      `SELECT event, who FROM ${world.config.source.ledger}.history WHERE table_name = 'old' AND event IN ('announced', 'expired') ORDER BY number`,
    );
    expect(history).toMatchObject([{ event: 'announced' }, { event: 'expired', who: 'ada' }]);
    const evidence = await collectEvidence(world.source, world.ledger, [jobOf(world, 'old').policy], {});
    expect(evidence.tables[0]).toMatchObject({
      policy: { archive: kept },
      days: [{ day, state: 'expired', balances: [] }],
      expiries: [{ day, who: 'ada', doneAt: expect.any(String) }],
      balances: [{ balances: true }],
    });

    // No run archives the day a second time, and no purge touches rows that turn up in it.
    expect((await missingOf(world.ledger, jobOf(world, 'old').policy, [day as Day])).days).toEqual([]);
    await expect(archive(world, 'old')).rejects.toThrow(/its archive has expired and was deleted/);
    await insert(world, 'old', 0, 2);
    await expect(purge(world, 'old')).rejects.toThrow(/has rows of it again, which are neither archived nor purged/);
    expect(await partition(world, 'old')).toMatchObject({ state: 'expired', stopped: expect.any(String) });
    await world.sql(`DELETE FROM ${world.name}.old`);
    expect(await purge(world, 'old')).toMatchObject({ done: true });
    expect(await partition(world, 'old')).toMatchObject({ state: 'expired', stopped: null });
  });

  test('a crash in between leaves it begun, which the next run ends though the policy no longer says so', async () => {
    await fill(world, 'halted', 30, { archive: kept });
    await archive(world, 'halted');
    await purgeToEnd(world, 'halted');
    await expireTable(jobOf(world, 'halted'), byCommand);
    await letNoticePass(world, 'halted');
    const source = new Source(world.config);
    const { remove } = source.store;
    let left = 3;
    source.store.remove = (key, versionId) => {
      if (left-- === 0) throw new Error('the network is down');
      return remove.call(source.store, key, versionId);
    };
    await expect(expireTable(jobOf(world, 'halted', source), byCommand)).rejects.toThrow('the network is down');
    source.close();
    const expiry = async () =>
      (await readExpiries(world.session, world.ledger.name)).get(`${world.name}.halted`)?.map(({ doneAt }) => doneAt);
    expect(await expiry()).toEqual([null]);
    expect(await partition(world, 'halted')).toMatchObject({ state: 'expired' });
    delete findPolicy(world.config, `${world.name}.halted`).archive;
    expect((await expireTable(jobOf(world, 'halted'), byCommand)).expired).toHaveLength(1);
    expect(await expiry()).toEqual([expect.any(String)]);
    expect(await versionsOf(world.source, world, 'halted')).toEqual([]);
  });

  test('the audit deletes it only where the policy says so, and a longer policy takes the announcement back', async () => {
    await fill(world, 'shy', 20, { archive: { ...kept, by: 'command' } });
    await archive(world, 'shy');
    await purgeToEnd(world, 'shy');
    await expireTable(jobOf(world, 'shy'), byCommand);
    await letNoticePass(world, 'shy');
    const run = () => expireArchive(world.source, { tables: [`${world.name}.shy`] }, world.attempt);
    expect(await run()).toMatchObject({ days: 0 });
    const policy = findPolicy(world.config, `${world.name}.shy`);
    policy.archive = { ...kept, expire: 'P50Y' };
    expect(await run()).toMatchObject({ days: 0, refused: {} });
    expect((await readExpiries(world.session, world.ledger.name)).has(`${world.name}.shy`)).toBe(false);
    policy.archive = kept;
    expect(await run()).toMatchObject({ days: 0 });
    await letNoticePass(world, 'shy');
    expect(await run()).toMatchObject({ days: 1, refused: {} });
    expect(await versionsOf(world.source, world, 'shy')).toEqual([]);
  });

  test('what a policy locks can’t go before its time; an archive, a heal and a purge go on under the lock', async () => {
    const bucket = freshName();
    await makeLockedBucket(bucket, false);
    const lock = { mode: 'governance', days: 3 } as const;
    await fill(world, 'locked', 30, { archive: { ...kept, lock } });
    const source = new Source({ ...world.config, store: { ...world.config.store, bucket } });
    const now = Date.now();
    await archive(world, 'locked', source);
    await world.sql(`UPDATE ${world.name}.locked SET note = 'changed' WHERE id = 7`);
    expect(await purgeToEnd(world, 'locked', source)).toMatchObject([{ changed: 1 }]);
    expect(await partition(world, 'locked')).toMatchObject({ state: 'purged', rowsDeleted: 30 });
    for await (const version of source.store.versions(`${world.name}/locked/`)) {
      if (version.isDeleteMarker) continue;
      const until = await source.store.lockOf(version);
      if (version.key.endsWith('_purge.json')) expect(until).toBeUndefined();
      else expect(Math.abs(Date.parse(String(until)) - now - 3 * 86_400_000)).toBeLessThan(86_400_000);
    }
    await expireTable(jobOf(world, 'locked', source), byCommand);
    await letNoticePass(world, 'locked');
    const { expired, refused } = await expireTable(jobOf(world, 'locked', source), byCommand);
    expect(expired).toEqual([]);
    expect(refused).toMatchObject([
      { refused: expect.stringMatching(/is under object lock until .*: nobody can delete/) },
    ]);
    expect(await partition(world, 'locked')).toMatchObject({ state: 'purged' });
    source.close();
  });

  test('a purge is refused where a policy asks for a lock that the bucket doesn’t have', async () => {
    const locking = [
      { table: 'a.b', lock: { mode: 'GOVERNANCE' as const, days: 1 }, expire: undefined, stages: false },
    ];
    const objects = { prefix: '', tags: {}, locking };
    const findings = await checkStore(world.source.store, world.config.store, objects, 'slice');
    expect(findings).toMatchObject([{ check: 'locksObjects', severity: 'refuse' }]);
  });
});
