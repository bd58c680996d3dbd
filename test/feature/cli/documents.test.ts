import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeOrders, sediment, subcommands, unread } from '../../support/command.ts';
import type { World } from '../../support/world.ts';

let world: World;
let config: string;

beforeAll(async () => {
  const made = await makeOrders();
  world = made.world;
  config = made.config;
});
afterAll(() => world.close());

const table = () => `${world.name}.orders`;

const commands = subcommands();

const nowhere = '127.0.0.1:9';

describe.concurrent('--json', () => {
  const documents: Record<string, { args: () => string[]; code: number; holds: object }> = {
    status: {
      args: () => ['status'],
      // Nobody has looked at the table yet, so nothing says that all is well.
      code: 1,
      holds: { source: expect.any(String), tables: [{ archivedThrough: null, debtDays: 0 }] },
    },
    'status of a table': {
      args: () => ['status', table()],
      code: 1,
      holds: { tables: [{ table: expect.any(String), days: [] }] },
    },
    plan: { args: () => ['plan'], code: 0, holds: { tables: [{ refused: null, archive: null }] } },
    'doctor --grants': {
      args: () => ['doctor', '--grants'],
      code: 0,
      holds: { sql: expect.stringContaining('GRANT') },
    },
    'a table that isn’t there': {
      args: () => ['status', 'no.such'],
      code: 2,
      holds: { error: expect.stringContaining('has no policy') },
    },
    'a watch': {
      args: () => ['status', '--watch'],
      code: 2,
      holds: { error: expect.stringContaining('leave one out') },
    },
    'a wrong option': {
      args: () => ['status', '--nothing'],
      code: 2,
      holds: { error: expect.stringContaining('unknown option') },
    },
    'a pace where no purge runs': {
      args: () => ['pace', table(), '--rows-per-second', '10'],
      code: 1,
      holds: { pace: { rowsPerSecond: 10 }, purge: { kind: 'notRunning' } },
    },
  };
  test.each(Object.entries(documents))(
    '%s is one document with a version, and nothing else',
    async (_name, { args, code, holds }) => {
      const outcome = await sediment([...args(), '--json', '-c', config]);
      expect(outcome.stdout.trimEnd().split('\n')).toHaveLength(1);
      expect(JSON.parse(outcome.stdout)).toMatchObject({ version: 1, ...holds });
      expect([outcome.code, outcome.stderr]).toEqual([code, '']);
    },
  );
});

describe.concurrent('a reader that has gone, as head does', () => {
  test.each(commands)('ends the help of %s quietly', async (name) => {
    expect(await unread([...name.split(' '), '--help'])).toMatchObject({ code: 0, stderr: '' });
  });

  test.each([
    'status',
    'status --json',
    'status --watch',
    'plan',
    'plan --json',
    'history',
    'history --csv',
    'history --json',
    'doctor',
    'doctor --grants',
    'schedule describe',
  ])('ends %s quietly', async (line) => {
    const { code, stderr } = await unread([...line.split(' '), '-c', config]);
    expect(stderr).not.toMatch(/EPIPE|\n {4}at /);
    expect([0, 1, 3]).toContain(code);
  });
});

test('status and doctor go on without Temporal: one from the ledger, the other names it', async () => {
  const env = { TEMPORAL_ADDRESS: nowhere };
  const [status, doctor] = await Promise.all([
    sediment(['status', '-c', config], env),
    sediment(['doctor', '-c', config], env),
  ]);
  expect(status).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('From the ledger alone: temporal: no server answers'),
  });
  expect(doctor).toMatchObject({ code: 1, stdout: expect.stringMatching(/^FAILED {3}temporal.*no server answers/m) });
  expect(doctor.stdout).toMatch(/^ok {7}\w+\.orders/m);
});
