import { afterEach, beforeEach, expect, test } from 'vitest';
import { applyGlue, checkGlue, ForeignGlueTable } from '../../../src/readers/glueCatalog.ts';
import { GlueClient } from '../../../src/readers/glueClient.ts';
import { GlueServer } from '../../support/glueServer.ts';
import { changedDays, shapeOfDays } from '../../support/manifests.ts';

let server: GlueServer;
let where: { client: GlueClient; database: string };

beforeEach(async () => {
  process.env.AWS_ACCESS_KEY_ID = 'AKIDEXAMPLE';
  process.env.AWS_SECRET_ACCESS_KEY = 'secret';
  server = await new GlueServer().listen();
  where = { client: new GlueClient({ region: 'eu-central-1', endpoint: server.endpoint }), database: 'arch' };
});
afterEach(() => server.close());

test('Glue gets the table and a partition per day, and once more changes nothing', async () => {
  const shape = shapeOfDays(changedDays());
  expect(await checkGlue(where, shape, 'events')).toMatchObject({ table: 'missing', missing: { length: 3 } });
  await applyGlue(where, shape, 'events');
  expect(server.tables.get('arch.events_csv')?.StorageDescriptor.SerdeInfo.Parameters.escapeChar).toBe('\u001a');
  expect([...server.partitions.keys()]).toEqual(['2026/08/01', '2026/08/10', '2026/08/28']);
  const calls = server.calls.length;
  expect(await applyGlue(where, shape, 'events')).toEqual({ table: 'current', missing: [], differing: [] });
  expect(server.calls.slice(calls)).toEqual(['GetTable', 'GetPartitions', 'GetPartitions']);
});

test('a new day is added, and days and table that lack a new column are brought to it', async () => {
  const [first, second, third] = changedDays();
  if (!first || !second || !third) throw new Error('three days');
  await applyGlue(where, shapeOfDays([first, second]), 'events');
  const shape = shapeOfDays([first, second, third]);
  expect(await checkGlue(where, shape, 'events')).toMatchObject({
    table: 'differs',
    missing: [{ Values: ['2026', '08', '28'] }],
    differing: { length: 2 },
  });
  await applyGlue(where, shape, 'events');
  expect(await checkGlue(where, shape, 'events')).toEqual({ table: 'current', missing: [], differing: [] });
  // One day alone, as a commit registers it, takes nothing away.
  await applyGlue(where, shapeOfDays([third]), 'events');
  expect(server.partitions.size).toBe(3);
});

test('a table of somebody else’s is left as it is', async () => {
  const shape = shapeOfDays(changedDays());
  await applyGlue(where, shape, 'events');
  const table = server.tables.get('arch.events_csv');
  if (table) table.Parameters = {};
  await expect(applyGlue(where, shape, 'events')).rejects.toThrow(ForeignGlueTable);
});

test('what Glue refuses is said by its own name', async () => {
  await expect(where.client.call('NoSuchAction', {})).rejects.toThrow('glue: UnknownOperationException: ');
});
