import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseTableName } from '../../../src/model/tableName.ts';
import { sediment } from '../../support/command.ts';
import { day, makeOperated, type Operated } from '../../support/operatedCli.ts';

let operated: Operated;
beforeAll(async () => {
  operated = await makeOperated((world) =>
    ['damaged', 'whole'].map((table) => `{ table: ${world}.${table}, timeColumn: t }`),
  );
});
afterAll(() => operated?.close());

const run = (...args: string[]) => sediment([...args, '-c', operated.config], operated.env);

test('an audit reads every table; damage is named, ends with 1, is shown by status, and is gone once it is put back', async () => {
  const { world, source, archived } = operated;
  const [damaged, whole] = [await archived('damaged'), await archived('whole')];
  const key = { ...parseTableName(damaged), day };
  const [part] = await world.ledger.readParts(key);
  const object = String(part?.object.key);
  const bytes = await source.store.read(object);
  expect(await run('audit')).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(
      /^2 days read back, 80 rows; each chunk is what MySQL once said it was; \d+ B from S3\.\n$/,
    ),
  });

  await source.store.remove(object);
  const found = await run('audit', '--json');
  expect(found.code).toBe(1);
  expect(JSON.parse(found.stdout)).toMatchObject({
    version: 1,
    daysRead: 2,
    daysDamaged: 1,
    damaged: { [`${damaged} ${day}`]: expect.stringContaining(`${object} is gone`) },
  });
  expect(await run('audit', whole)).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^1 day read back, 40 rows;/),
  });
  const shown = await run('status');
  expect(shown.stdout).toContain(`${damaged}: 1 archived day found damaged, the first ${day}: `);
  expect(shown.stdout).toContain(`sediment verify ${damaged} --day ${day}`);
  expect((await run('status', damaged)).stdout).toMatch(/^audited {4}1 day read back from S3, 1 day damaged, last /m);

  // Not the version that was verified, though the same bytes.
  await source.store.putNew(object, bytes);
  expect(await run('verify', damaged, '--day', day)).toMatchObject({
    code: 1,
    stdout: expect.stringMatching(
      /damaged: .*not the version that was verified[\s\S]*Nothing was changed\. .*sediment verify/,
    ),
  });
  await world.sql(`UPDATE ${world.ledger.name}.audits SET finding = 'from before' WHERE table_name = 'whole'`);
  expect(await run('verify', whole, '--day', day)).toMatchObject({ code: 0 });
  expect((await run('status')).stdout).not.toContain('from before');
});

test('what isn’t archived can’t be verified, and the command says what to do', async () => {
  const table = `${operated.world.name}.whole`;
  expect(await run('verify', table, '--day', '2026-01-06')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining(`sediment backfill --table ${table} --from 2026-01-06 --to 2026-01-06`),
  });
  expect(await run('audit', '--days', 'all')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--days "all" isn\'t a whole number from 1 to 5000'),
  });
});
