import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { auditPartition } from '../../../src/activities/auditPartition.ts';
import { commitManifest } from '../../../src/activities/commitManifest.ts';
import { exportPartition } from '../../../src/activities/exportPartition.ts';
import { planDay } from '../../../src/activities/planDay.ts';
import { verifyPartition } from '../../../src/activities/verifyPartition.ts';
import { checkTable } from '../../../src/cli/doctor/doctorMysql.ts';
import { type Config, parseConfig } from '../../../src/config/load.ts';
import { findPolicy, type TablePolicy } from '../../../src/config/policy.ts';
import { Source } from '../../../src/job/source.ts';
import { archive, day, heal, purge } from '../../support/archived.ts';
import { makeWorld, type World } from '../../support/world.ts';

describe.each(['mysql', 'mariadb'] as const)('on %s, after the first export', (flavor) => {
  let world: World;
  const table = 'fixed';
  const next = '2026-01-06';

  beforeAll(async () => {
    world = await makeWorld(flavor);
    await world.sql(
      `CREATE TABLE ${world.name}.${table} (id INT PRIMARY KEY, t BIGINT NOT NULL, u BIGINT NOT NULL, KEY (t), KEY (u))`,
    );
    const [then, now] = [Date.parse(`${day}T10:00:00Z`) / 1000, Date.now() / 1000];
    for (let id = 0; id < 20; id++)
      await world.sql(`INSERT INTO ${world.name}.${table} VALUES (${id}, ${then + id}, ${Math.floor(now) - id})`);
    world.add({ table, timeColumn: 't', timeKind: 'epochSeconds' });
    await archive(world, table);
  });
  afterAll(() => world.close());

  /** The world's config with something edited since. */
  function edited(policy: Partial<TablePolicy>, store: Partial<Config['store']> = {}, source = {}): Source {
    const { config } = world;
    const own = findPolicy(config, `${world.name}.${table}`);
    return new Source({
      ...config,
      source: { ...config.source, ...source },
      store: { ...config.store, ...store },
      tables: [{ ...own, ...policy }],
    });
  }

  const edits: [string, () => Source, RegExp][] = [
    [
      'timeColumn',
      () => edited({ timeColumn: 'u' }),
      /with timeColumn "t", the config says "u"; put timeColumn: "t" back/,
    ],
    [
      'timeKind',
      () => edited({ timeKind: 'epochMillis' }),
      /with timeKind "epochSeconds".+"epochMillis"; put timeKind: "epochSeconds" back/,
    ],
    [
      'zone',
      () => edited({ zone: 'Asia/Tokyo' }),
      /with zone "UTC", the config says "Asia\/Tokyo"; put zone: "UTC" back/,
    ],
    [
      'store.prefix',
      () => edited({}, { prefix: 'other' }),
      /with prefix "", the config says "other"; put store.prefix/,
    ],
    ['store.layout', () => edited({}, { layout: 'dt' }), /with layout "hive", the config says "dt"; put store.layout/],
  ];
  test.each(edits)(
    '%s that was edited stops all work on the table, with both values and the line (P95)',
    async (name, make, said) => {
      const source = make();
      const of = (input: string) => ({ table: `${world.name}.${table}`, day: input });
      const works: Record<string, () => Promise<unknown>> = {
        export: () => exportPartition(source, of(next), world.attempt),
        verify: () => verifyPartition(source, of(day), world.attempt),
        commit: () => commitManifest(source, of(day), world.attempt),
        purge: () => purge(world, table, source),
        heal: () => heal(world, table, source),
        // What a table's rows mean doesn't change what its objects are.
        ...(name === 'timeKind' ? {} : { audit: () => auditPartition(source, of(day), world.attempt) }),
      };
      try {
        for (const [work, begin] of Object.entries(works)) await expect(begin(), work).rejects.toThrow(said);
        const at = { scheduledTime: '2026-11-08T01:30:00Z', startedAt: '2026-11-08T01:31:00Z' };
        const { tables } = await planDay(source, at, world.attempt);
        expect(tables[0]?.refused).toMatch(said);
        const [found] = await checkTable(source, findPolicy(source.config, of(day).table));
        expect(found).toMatchObject({ level: 'refused', message: expect.stringMatching(said) });
      } finally {
        source.close();
      }
      const [row] = await world.sql(`SELECT COUNT(*) AS number FROM ${world.name}.${table}`);
      expect(Number(row?.number)).toBe(20);
    },
  );

  test('nothing is in the way of a table whose config is as it was', async () => {
    expect(await purge(world, table)).toMatchObject({ deleted: 20 });
  });
});

test('a config is parsed with allowOldRows', () => {
  const text = `
source: { name: s, url: "mysql://root@127.0.0.1" }
store: { bucket: abc, region: us-east-1 }
tables: [{ table: a.b, timeColumn: t, allowOldRows: true }]
`;
  expect(parseConfig(text, 'test', {}).tables[0]?.allowOldRows).toBe(true);
});
