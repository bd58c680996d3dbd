import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lookAtTable } from '../../../src/audit/lookAtTable.ts';
import { findPolicy } from '../../../src/config/policy.ts';
import { readFolderAudits } from '../../../src/ledger/folderAudits.ts';
import { targets } from '../../../src/readers/targets.ts';
import { archive, fill } from '../../support/archived.ts';
import { policyFile, policyText, sediment } from '../../support/command.ts';
import { GlueServer } from '../../support/glueServer.ts';
import { makeWorld, type World } from '../../support/world.ts';

let world: World;
let glue: GlueServer;
let config: string;

beforeAll(async () => {
  world = await makeWorld('mysql');
  glue = await new GlueServer().listen();
  await fill(world, 'orders', 5);
  await archive(world, 'orders');
  await fill(world, 'nothing', 0);
  const tables = ['orders', 'nothing'].map((table) => `{ table: ${world.name}.${table}, timeColumn: t }`);
  const text = policyText({ name: world.name, tables });
  config = policyFile(`${text}catalog: { glue: { database: arch, endpoint: "${glue.endpoint}" } }\n`);
});
afterAll(async () => {
  world.close();
  await glue.close();
});

const ddl = (...args: string[]) => sediment(['ddl', `${world.name}.orders`, ...args, '-c', config]);

test('without a reader it lists them all, each with its command; a near miss is guessed', async () => {
  const missing = await ddl();
  expect(missing.code).toBe(2);
  for (const name of Object.keys(targets))
    expect(missing.stderr).toContain(`sediment ddl ${world.name}.orders --for ${name}`);
  expect(await ddl('--for', 'duckbd')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('Did you mean duckdb?'),
  });
});

test('prints a script, or its pieces as one document', async () => {
  const script = await ddl('--for', 'duckdb');
  expect(script).toMatchObject({ code: 0, stderr: '' });
  expect(script.stdout).toContain(`CREATE OR REPLACE VIEW "orders" AS\nSELECT CAST(c0 AS BIGINT) AS "id"`);
  const { code, stdout } = await ddl('--for', 'athena', '--schema', 'lake', '--name', 'o', '--json');
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    ...{ version: 1, for: 'athena', table: `${world.name}.orders` },
    pieces: [
      { name: 'database' },
      { name: 'rawTable' },
      { name: 'view', statement: expect.stringMatching(/^CREATE OR REPLACE VIEW lake\.o AS/) },
    ],
  });
});

test('a table of which nothing is archived is told so, with the command that archives it', async () => {
  const empty = await sediment(['ddl', `${world.name}.nothing`, '--for', 'duckdb', '-c', config]);
  expect(empty).toMatchObject({ code: 1, stderr: expect.stringMatching(/holds no day with rows yet; .*sediment run/) });
});

const look = async () =>
  (await lookAtTable(world.source, world.ledger, findPolicy(world.config, `${world.name}.orders`))).catalog;

describe('what was saved or registered', () => {
  test('is up to date until the archive’s columns change; each commit registers its day in Glue', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'sediment-ddl-')), 'orders.sql');
    expect(await ddl('--for', 'duckdb', '--out', file)).toMatchObject({ code: 0 });
    expect(await ddl('--for', 'duckdb', '--check', file)).toMatchObject({ code: 0 });
    expect(await ddl('--for', 'glue', '--check')).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/behind: table missing, 1 day missing.* sediment ddl \S+ --for glue --apply/),
    });
    expect(await ddl('--for', 'glue', '--apply')).toMatchObject({ code: 0 });
    expect(await ddl('--for', 'glue', '--check')).toMatchObject({ code: 0 });

    await world.sql(`ALTER TABLE ${world.name}.orders ADD extra TEXT`);
    await world.sql(`INSERT INTO ${world.name}.orders VALUES (90, 'n', 1, '2026-01-06 10:00:00', 'x')`);
    world.config.catalog = { glue: { database: 'arch', endpoint: glue.endpoint } };
    await archive(world, 'orders', world.source, '2026-01-06');
    expect([...glue.partitions.keys()]).toEqual(['2026/01/05', '2026/01/06']);
    expect(await ddl('--for', 'duckdb', '--check', file)).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/rawTable isn’t as the archive is now\n.*view isn’t[\s\S]*--out/),
    });
    // The table and the new day have the new column; the old day lacks it until it is applied.
    expect(await ddl('--for', 'glue', '--check')).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('table current, 0 days missing, 1 with other columns'),
    });
    // An audit finds the same, and the ledger keeps it.
    expect(await look()).toMatch(
      /Glue arch is behind: table current, 0 days missing, 1 with other columns: sediment ddl/,
    );
    expect((await readFolderAudits(world.session, world.ledger.name)).get(`${world.name}.orders`)).toMatchObject({
      ...{ doubled: 0, missing: 0, bucketRefused: 0, catalogBehind: 1 },
    });
    expect(await ddl('--for', 'glue', '--apply', '--json')).toMatchObject({ code: 0 });
    expect(await look()).toBeNull();
    expect(await ddl('--for', 'glue', '--check')).toMatchObject({ code: 0 });
  });

  test('a catalogue that doesn’t answer keeps no day from being committed, and is logged with the command', async () => {
    world.config.catalog = { glue: { database: 'arch', endpoint: 'http://127.0.0.1:9' } };
    const reports: unknown[] = [];
    world.attempt.report = (_day, found) => void reports.push(found);
    await world.sql(`INSERT INTO ${world.name}.orders VALUES (91, 'n', 1, '2026-01-07 10:00:00', 'x')`);
    await archive(world, 'orders', world.source, '2026-01-07');
    expect(reports).toContainEqual({
      event: 'unregistered',
      reason: expect.stringMatching(/sediment ddl \S+orders --for glue --apply registers it$/),
    });
    expect(await look()).toMatch(/Glue arch can’t be compared: /);
  });
});

test('a manifest of a newer release is refused by its key', async () => {
  const key = `${world.name}/nothing/year=2026/month=01/day=05/_manifest.json`;
  await world.source.store.putNew(key, Buffer.from('{"manifestVersion": 2}'));
  expect(await sediment(['ddl', `${world.name}.nothing`, '--for', 'duckdb', '-c', config])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining(`${key} has version 2, and this Sediment reads up to 1: use a newer Sediment`),
  });
});
