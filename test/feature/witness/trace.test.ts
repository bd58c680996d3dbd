import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseTrace, type Trace } from '../../../src/archive/trace.ts';
import { findPolicy } from '../../../src/config/policy.ts';
import { Source } from '../../../src/job/source.ts';
import { adoptManifests } from '../../../src/partition/open/adoptManifests.ts';
import {
  archive,
  archivedRows,
  day,
  fill,
  heal,
  partition,
  purge,
  purgeToEnd,
  tableRows,
} from '../../support/archived.ts';
import { forgetTable } from '../../support/ledgerCopy.ts';
import { dayRows, fillNative, once, watched } from '../../support/partitioned.ts';
import { makeWorld, type World } from '../../support/world.ts';

describe.each(['mysql', 'mariadb'] as const)('a purge’s trace, on %s', (flavor) => {
  let world: World;
  beforeAll(async () => {
    world = await makeWorld(flavor);
  });
  afterAll(() => world.close());

  const traceKey = (table: string) => `${world.name}/${table}/year=2026/month=01/day=05/_purge.json`;
  const traceOf = async (table: string): Promise<Trace> =>
    parseTrace((await world.source.store.read(traceKey(table))).toString('utf8'), traceKey(table));

  test('allows each delete before it is done, and is written a few times a slice (P86)', async () => {
    await fill(world, 'allowed', 4_000, { chunkRows: 10, partBytes: 1 << 20 });
    await archive(world, 'allowed');
    expect(await world.source.store.head(traceKey('allowed'))).toBeUndefined();
    const source = new Source(world.config);
    let writings = 0;
    const put = source.store.putSmall.bind(source.store);
    source.store.putSmall = (...given) => {
      writings++;
      return put(...given);
    };
    const seen: Trace[] = [];
    const before: (number | undefined)[] = [];
    source.open = async (isolation) => {
      const session = await world.source.open(isolation);
      const rows = session.rows.bind(session);
      session.rows = async (sql, values) => {
        if (!sql.startsWith('CALL')) return rows(sql, values);
        seen.push(await traceOf('allowed'));
        const answer = await rows(sql, values);
        before.push((await partition(world, 'allowed'))?.rowsDeleted);
        return answer as never;
      };
      return session;
    };
    while (!(await purge(world, 'allowed', source)).done);
    source.close();
    expect(seen.length).toBeGreaterThan(2);
    for (const [index, trace] of seen.entries()) {
      expect(trace.until.rows).toBeGreaterThanOrEqual(before[index] ?? 0);
      expect(trace.done.rows).toBeLessThanOrEqual(before[index - 1] ?? 0);
    }
    // The day's slice allows, and says how it ended.
    expect(writings).toBe(2);
    const last = await traceOf('allowed');
    expect(last).toMatchObject({
      traceVersion: 1,
      state: 'purged',
      done: { cursor: ['end'], chunks: 400, rows: 4_000 },
    });
    expect(last.until).toEqual(last.done);
    expect(await partition(world, 'allowed')).toMatchObject({ state: 'purged', epoch: last.epoch });
  });

  test('is there before a native partition is exchanged, and proves the rows purged when the ledger is lost (P86)', async () => {
    await fillNative(world, 'exchanged');
    const rows = await dayRows(world, 'exchanged');
    let allowed: Trace | undefined;
    const watching = watched(world, {
      before: once(/EXCHANGE/, async () => {
        allowed = await traceOf('exchanged');
      }),
    });
    await purgeToEnd(world, 'exchanged', watching);
    watching.close();
    expect(allowed).toMatchObject({
      state: 'purging',
      done: { rows: 0 },
      until: { cursor: ['end'], rows: rows.length },
    });
    await forgetTable(world, 'exchanged');
    expect(
      await adoptManifests(world.source, world.ledger, findPolicy(world.config, `${world.name}.exchanged`)),
    ).toEqual([day]);
    await purgeToEnd(world, 'exchanged');
    expect(await archivedRows(world, 'exchanged')).toEqual(rows);
  });

  test('comes with the next slice of a day whose purge began before there were any (P86)', async () => {
    await fill(world, 'older', 100);
    const rows = await tableRows(world, 'older');
    await archive(world, 'older');
    Object.assign(findPolicy(world.config, `${world.name}.older`), { maxRowsPerDay: 40 });
    await purge(world, 'older');
    await world.source.store.remove(traceKey('older'));
    expect(await heal(world, 'older')).toMatchObject({ removed: 0 });
    await world.sql(`DELETE FROM ${world.ledger.name}.deletions WHERE table_name = 'older'`);
    await purge(world, 'older');
    expect(await traceOf('older')).toMatchObject({ state: 'purging', done: { rows: 80, chunks: 8 } });
    Object.assign(findPolicy(world.config, `${world.name}.older`), { maxRowsPerDay: 0 });
    await purgeToEnd(world, 'older');
    expect(await archivedRows(world, 'older')).toEqual(rows);
  });

  test('that a newer Sediment wrote, or that is cut off, stops the day by name', async () => {
    for (const [table, body] of [
      ['newer', '{"traceVersion": 2}'],
      ['cut', '{"traceVersion": 1, "sou'],
    ] as const) {
      await fill(world, table, 20);
      await archive(world, table);
      await world.source.store.putSmall(traceKey(table), Buffer.from(body), undefined);
      await expect(purge(world, table)).rejects.toThrow(traceKey(table));
      expect(await tableRows(world, table)).toHaveLength(20);
    }
  });

  test('that another server writes meanwhile stops the slice: two of them purge against one prefix', async () => {
    await fill(world, 'cloned', 40);
    await archive(world, 'cloned');
    const source = new Source(world.config);
    const put = source.store.putSmall.bind(source.store);
    source.store.putSmall = async (key, body, etag) => {
      source.store.putSmall = put;
      const trace = parseTrace(body.toString('utf8'), key);
      const other = { ...trace, epoch: trace.epoch + 1, source: { ...trace.source, serverId: 'the-clone' } };
      await put(key, Buffer.from(JSON.stringify(other)), etag);
      return put(key, body, etag);
    };
    await expect(purge(world, 'cloned', source)).rejects.toThrow(
      /server the-clone.*two servers purge against one prefix/,
    );
    source.close();
    expect(await tableRows(world, 'cloned')).toHaveLength(40);
  });
});
