import { afterAll, beforeAll, expect, test } from 'vitest';
import { sediment } from '../../support/command.ts';
import { day, makeOperated, type Operated } from '../../support/operatedCli.ts';

let operated: Operated;
beforeAll(async () => {
  operated = await makeOperated((world) =>
    ['back', 'found'].map((table) => `{ table: ${world}.${table}, timeColumn: t }`),
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
    new RegExp(`^1 day, 40 rows, .* into ${target}:\n  ${day}  40 rows, .*, 1 part\nCREATE TABLE`),
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
