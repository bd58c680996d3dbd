import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findPolicy } from '../../../src/config/policy.ts';
import type { Evidence } from '../../../src/evidence/collectEvidence.ts';
import { dayManifest } from '../../../src/partition/dayManifest.ts';
import { sediment } from '../../support/command.ts';
import { archiveDay, purgeAll } from '../../support/job.ts';
import { day, makeOperated, type Operated } from '../../support/operatedCli.ts';

let operated: Operated;
beforeAll(async () => {
  operated = await makeOperated((world) =>
    ['back', 'found', 'lived', 'proved', 'drilled', 'erased'].map(
      (table) => `{ table: ${world}.${table}, timeColumn: t, purge: enabled }`,
    ),
  );
  await operated.world.sql('SET GLOBAL local_infile = 1');
});
afterAll(() => operated?.close());

const run = (...args: string[]) => sediment([...args, '-c', operated.config], operated.env);

test('restore: a dry run writes nothing, the run says what it did, again it has nothing to do, and failures are named', async () => {
  const { archived, world, rowsLeft } = operated;
  const table = await archived('back');
  const target = `${table}_restored_20260105`;
  const dry = await run('restore', table, '--day', day, '--dry-run');
  expect(dry).toMatchObject({ code: 0 });
  expect(dry.stdout).toMatch(
    new RegExp(
      `^1 day, 40 rows, .* into ${target}:\n  ${day}  40 rows, .*, 1 part\n1 part by LOAD DATA LOCAL: .*\nCREATE TABLE`,
    ),
  );
  expect(dry.stdout).toMatch(/Nothing was written\.\n$/);
  expect(await world.sql(`SHOW TABLES FROM ${world.name} LIKE '%restored%'`)).toEqual([]);

  expect(await run('restore', table, '--day', day)).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(
      new RegExp(`^1 of 1 day in ${target}, 40 rows loaded, each chunk proved there; .* from S3\\.\nSee it: SELECT`),
    ),
  });
  expect(await rowsLeft(target)).toBe(40);
  const again = await run('restore', table, '--day', day, '--json');
  expect(JSON.parse(again.stdout)).toMatchObject({ version: 1, target, daysBefore: 1, daysRestored: 0, failed: {} });

  await world.sql(`CREATE TABLE ${table}_mine (id INT)`);
  expect(await run('restore', table, '--day', day, '--into', `${table}_mine`)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining(`${table}_mine exists already, with columns id, and no restore`),
  });
  expect(await run('restore', table)).toMatchObject({ code: 2, stderr: expect.stringContaining('--day') });
  expect(await run('restore', table, '--day', day, '--where', 'id > 3')).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/--where "id > 3" .*Write column = value/),
  });
});

test('find: the row and where it is, as text and as JSON; a key that is nowhere, and wrong use', async () => {
  const table = await operated.archived('found');
  const found = await run('find', table, '--key', '7');
  expect(found).toMatchObject({ code: 0 });
  expect(found.stdout).toMatch(
    new RegExp(
      `^${day}  part 0, chunk 0, pass 1\n  .*csv\\.gz bytes 0-\\d+ version \\S+\n  id    7\n  note  as it was\n`,
    ),
  );
  expect(found.stdout).toMatch(/1 row; 1 day looked at, 1 chunk \(.*\) read\.\n$/);
  const json = await run('find', table, '--where', "id = 7 and note = 'as it was'", '--json');
  expect(JSON.parse(json.stdout)).toMatchObject({ version: 1, table, rows: [{ day, part: 0, row: { id: '7' } }] });
  expect(await run('find', table, '--key', '700')).toMatchObject({
    code: 1,
    stdout: expect.stringContaining(`${table} has no archived row with \`id\` = '700'; 1 day looked at`),
  });
  expect(await run('find', table, '--key', '7', '8')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--key needs 1 value, of id, and got 2: --key <id>'),
  });
  expect(await run('find', table)).toMatchObject({ code: 2, stderr: expect.stringContaining('--key or --where') });
});

test('restore --live: a dry run writes nothing, the run puts rows back, status and the purge’s days say so until they are let go', async () => {
  const { archived, world, source, rowsLeft } = operated;
  const table = await archived('lived');
  await purgeAll(world, { database: world.name, table: 'lived' }, source);
  const dry = await run('restore', table, '--day', day, '--live', '--dry-run');
  expect(dry.stdout).toMatch(
    /40 archived rows, back into .*lived itself:\n.*purged {2}40 rows, .*; 0 rows of that day are/,
  );
  expect(await rowsLeft(table)).toBe(0);
  expect(await run('restore', table, '--day', day, '--live')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--reason is empty'),
  });
  const done = await run('restore', table, '--day', day, '--live', '--reason', 'a <b>case</b>', '--keep-for', '2d');
  expect(done).toMatchObject({ code: 0 });
  expect(done.stdout).toMatch(
    /^1 of 1 day looked at in .*lived, 40 rows put back and proved there, 0 were there as archived, 0/,
  );
  expect(await rowsLeft(table)).toBe(40);
  const status = await run('status', table);
  expect(status.stdout.replaceAll(/\s+/g, ' ')).toContain(`1 day put back and kept from the purge, the first ${day}`);
  expect((await run('explain', table)).stdout.replaceAll(/\s+/g, ' ')).toContain('is kept from the purge until');
  const released = await run('restore', table, '--day', day, '--live', '--release');
  expect(released).toMatchObject({ code: 0, stdout: expect.stringContaining('1 day no longer kept from the purge') });
  await purgeAll(world, { database: world.name, table: 'lived' }, source);
  expect(await rowsLeft(table)).toBe(0);
});

test('evidence: a page that needs no network, JSON whose sums balance, and checksums that anybody can compute', async () => {
  const { world, source, config } = operated;
  const name = `${world.name}.proved`;
  await world.sql(
    `CREATE TABLE ${name} (id INT PRIMARY KEY, note TEXT, b VARBINARY(20), n DECIMAL(9,2), t DATETIME NOT NULL, KEY (t))`,
  );
  for (const [id, note] of ['plain', null, 'a "quoted", and\n\\N \0 \x1a', '', '\\N', '😀'].entries())
    await world.sql(`INSERT INTO ${name} VALUES (?, ?, x'00ff1f2c', NULL, '${day} 10:00:00')`, [id, note]);
  const own = { database: world.name, table: 'proved' };
  await archiveDay(world, own, day, source);
  await world.sql(`UPDATE ${name} SET n = 7.5 WHERE id = 3`);
  expect(await purgeAll(world, own, source)).toBe(6);
  const out = mkdtempSync(join(tmpdir(), 'sediment-evidence-'));
  const written = await run('evidence', name, '--out', out);
  expect(written).toMatchObject({ code: 0, stdout: expect.stringMatching(/1 table, 1 day; all sums balance\.\n$/) });

  const evidence = JSON.parse(readFileSync(join(out, 'evidence.json'), 'utf8')) as Evidence;
  const [found] = evidence.tables[0]?.days ?? [];
  expect(found).toMatchObject({ day, state: 'purged', rows: 6, purge: { rowsDeleted: 6 }, heals: [{ changed: 1 }] });
  expect(found?.balances.map(({ balances }) => balances)).toEqual(Array(7).fill(true));
  expect(found?.events.map(({ event }) => event)).toEqual(['archived', 'healed', 'purged']);
  const part = found?.objects.find(({ kind }) => kind === 'rows');
  const bytes = await source.store.read(part?.key ?? '', { versionId: part?.versionId ?? undefined });
  expect(createHash('sha256').update(gunzipSync(bytes)).digest('hex')).toBe(part?.sha256);
  writeFileSync(join(out, 'part.csv.gz'), bytes);
  const script = [
    join(out, 'check_digest.py'),
    join(out, 'evidence.json'),
    name,
    day,
    part?.key ?? '',
    join(out, 'part.csv.gz'),
  ];
  expect(execFileSync('python3', script, { encoding: 'utf8' })).toBe(`6 ${part?.digest} as recorded\n`);

  const page = readFileSync(join(out, 'evidence.html'), 'utf8');
  expect(page).toMatch(/All \d+ sums balance/);
  for (const text of [part?.sha256, part?.versionId, found?.digest]) expect(page).toContain(text);
  expect(page).not.toMatch(/<script|<link|<img|src=|href="http|url\(|@import/);
  await run('evidence', `${world.name}.lived`, '--out', out);
  expect(readFileSync(join(out, 'evidence.html'), 'utf8')).toContain('a &lt;b&gt;case&lt;/b&gt;');

  await world.sql(`UPDATE ${source.config.source.ledger}.partitions SET rows_deleted = 5 WHERE table_name = 'proved'`);
  const wrong = await run('evidence', name, '--out', out);
  expect(wrong).toMatchObject({
    code: 1,
    stdout: expect.stringMatching(/proved 2026-01-05: rows deleted under proof, archived rows: 5 and 6/),
  });
  expect(readFileSync(join(out, 'evidence.html'), 'utf8')).toMatch(/2 sums of \d+ don’t balance/);
  expect(await run('evidence', name, '-c', config)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--out'),
  });
});

test('drill: a day is restored into a schema of its own, proved, dropped and recorded; one that can’t be is said everywhere', async () => {
  const { archived, world, source } = operated;
  const table = await archived('drilled');
  const schema = `${world.name}_drill`;
  expect(await run('drill', table)).toMatchObject({ code: 2, stderr: expect.stringContaining('drill: { schema:') });
  await world.sql(`CREATE DATABASE ${schema}`);
  const drilled = await run('drill', table, '--schema', schema);
  expect(drilled).toMatchObject({ code: 0 });
  expect(drilled.stdout).toMatch(
    new RegExp(`^${table} ${day}: 40 rows restored and proved in .* s\n1 day restored and proved, 40 rows`),
  );
  expect(await world.sql(`SHOW TABLES FROM ${schema}`)).toEqual([]);
  expect(
    await world.sql(`SELECT * FROM ${source.config.source.ledger}.restores WHERE target_database = '${schema}'`),
  ).toEqual([]);
  expect((await run('status', table)).stdout).toMatch(
    new RegExp(`drilled {4}${day}: 40 rows restored and proved, \\d+s ago`),
  );

  const manifest = await dayManifest(source, findPolicy(source.config, table), day);
  await source.store.remove(manifest.parts[0]?.object.key ?? '');
  const broken = await run('drill', table, '--schema', schema, '--day', day);
  expect(broken).toMatchObject({
    code: 1,
    stdout: expect.stringMatching(/could not be restored: .* is gone; put it back/),
  });
  expect(await world.sql(`SHOW TABLES FROM ${schema}`)).toEqual([]);
  const status = await run('status', table);
  expect(status.stdout.replaceAll(/\s+/g, ' ')).toContain(`could not restore ${day}: `);
  expect((await run('history', table)).stdout).toMatch(
    /restored by way of trial and proved: 40 rows.*\n.*could not be restored by way of trial/,
  );
});

test('erase: a dry run writes nothing, a reason is asked for, the rows are gone, and what is recorded has no value of them', async () => {
  const { archived, world, source } = operated;
  const table = await archived('erased');
  await purgeAll(world, { database: world.name, table: 'erased' }, source);
  const dry = await run('erase', table, '--key', '7', '--dry-run');
  expect(dry).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(
      /^2026-01-05 {2}1 row: 1 of 1 part written again\n.*: 1 row; 1 day searched\. Nothing was written\.\n$/,
    ),
  });
  expect(await run('erase', table, '--key', '7')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--reason is empty'),
  });
  const erased = await run('erase', table, '--key', '7', '--reason', 'ticket 4711');
  expect(erased).toMatchObject({ code: 0 });
  expect(erased.stdout).toMatch(
    /1 row erased; 1 part written again and proved, \d+ versions deleted\n1 row of .* no object of any version of these days has them\.\n$/,
  );
  expect(await run('find', table, '--key', '7', '--superseded')).toMatchObject({ code: 1 });
  expect((await run('history', table)).stdout).toContain('1 row erased from the archive, all versions: "ticket 4711"');
  const out = mkdtempSync(join(tmpdir(), 'sediment-evidence-'));
  expect(await run('evidence', table, '--out', out)).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('all sums balance'),
  });
  expect(await run('erase', table, '--key', '7', '--reason', 'again')).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('no archived row with that'),
  });
});
