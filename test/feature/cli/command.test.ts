import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { makeOrders, policyFile, policyText, sediment, subcommands, unread } from '../../support/command.ts';
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

describe.concurrent('help', () => {
  test.each(commands)('%s --help tells its options and exits 0', async (name) => {
    const { code, stdout, stderr } = await sediment([...name.split(' '), '--help']);
    expect(stdout).toMatch(new RegExp(`^Usage: sediment ${name}`));
    expect(stdout).toContain('--config <file>');
    expect(stdout).toContain('--json');
    expect([code, stderr]).toEqual([0, '']);
  });

  test('sediment help is what was asked for, and a reader that has seen enough is no failure', async () => {
    expect(await sediment(['help'])).toMatchObject({ code: 0, stderr: '' });
    expect(await unread(['--help'])).toMatchObject({ code: 0, stderr: '' });
  });
});

/** Each is one line that says which and what to do, and no stack. */
interface BadInput {
  args: () => string[];
  env?: Record<string, string>;
  code: number;
  says: RegExp;
}

const nowhere = '127.0.0.1:9';

const badInputs: Record<string, BadInput> = {
  'an unknown subcommand': {
    args: () => ['staus'],
    code: 2,
    says: /unknown command 'staus'\. Did you mean status\? See sediment --help/,
  },
  'an unknown option': {
    args: () => ['status', '--wach'],
    code: 2,
    says: /unknown option '--wach'\. Did you mean --watch\? See sediment status --help/,
  },
  'a missing option': {
    args: () => ['pause', '--all'],
    code: 2,
    says: /required option '--reason <text>' not specified\. See sediment pause --help/,
  },
  'a missing config': {
    args: () => ['status'],
    code: 2,
    says: /Config sediment\.yaml can't be read\. Name one with --config or SEDIMENT_CONFIG/,
  },
  'an unknown key of the config': {
    args: () => [
      'status',
      '-c',
      policyFile(policyText({ name: 'x-y', tables: ['{ table: a.b, timeColumn: t, retentoin: P9D }'] })),
    ],
    code: 2,
    says: /sediment\.yaml:4:\d+ {2}tables\[0\]\.retentoin: no such key\. Did you mean retention\?/,
  },
  'an unknown table, with the near name': {
    args: () => ['status', `${world.name}.ordres`, '-c', config],
    code: 2,
    says: /ordres has no policy\. Did you mean \w+\.orders\? It is in \S+sediment\.yaml:4\./,
  },
  'a day that is none': {
    args: () => ['run', '--day', '2026-02-30', '-c', config],
    code: 2,
    says: /"2026-02-30" is no day of the calendar/,
  },
  'a day that is none, where there is no config': {
    args: () => ['heal', 'a.b', '--day', '21.11.2026'],
    code: 2,
    says: /^--day "21\.11\.2026" /,
  },
  'a time beside the point, where there is no config': {
    args: () => ['pause', '--all', '--reason', 'x', '--for', 'P1H'],
    code: 2,
    says: /^--for "P1H" is no ISO 8601 duration\. Write PT1H\./,
  },
  'a pace that is none, where there is no config': {
    args: () => ['pace', 'a.b', '--rest-ratio', 'half'],
    code: 2,
    says: /^--rest-ratio "half" is no number/,
  },
  'an unknown subcommand of schedule': {
    args: () => ['schedule', 'trigr'],
    code: 2,
    says: /unknown command 'trigr'\. Did you mean trigger\? See sediment schedule --help/,
  },
  'a pause of the schedule without a reason': {
    args: () => ['schedule', 'pause', '--reason', ' '],
    code: 2,
    says: /--reason is empty/,
  },
  'a password with a slash': {
    args: () => [
      'status',
      '-c',
      policyFile(policyText({ name: 'x-y', url: 'mysql://u:a/b@host', tables: ['{ table: a.b, timeColumn: t }'] })),
    ],
    code: 2,
    says: /sediment\.yaml:1:\d+ {2}source\.url: has a \/ before its @\. In a user or password write %2F for \//,
  },
  'a bucket with its scheme': {
    args: () => [
      'status',
      '-c',
      policyFile(policyText({ name: 'x-y', bucket: 's3://x/y', tables: ['{ table: a.b, timeColumn: t }'] })),
    ],
    code: 2,
    says: /sediment\.yaml:2:\d+ {2}store\.bucket: "s3:\/\/x\/y" is no bucket’s name/,
  },
  'a range that runs backwards': {
    args: () => ['backfill', '--from', '2026-02-03', '--to', '2026-02-01', '-c', config],
    code: 2,
    says: /--from 2026-02-03 is after --to 2026-02-01/,
  },
  'a pause of nothing': {
    args: () => ['pause', '--reason', 'x', '-c', config],
    code: 2,
    says: /name a table, or --all for every table of the source/,
  },
  'a pause of one and of all': {
    args: () => ['pause', table(), '--all', '--reason', 'x', '-c', config],
    code: 2,
    says: /or --all, not both/,
  },
  'a pause for no time': {
    args: () => ['pause', table(), '--reason', 'x', '--for', 'lunch', '-c', config],
    code: 2,
    says: /--for "lunch" is no time\. Write 30m, 2h, 1d or PT2H\./,
  },
  'a pause without a reason': {
    args: () => ['pause', table(), '--reason', ' ', '-c', config],
    code: 2,
    says: /--reason is empty/,
  },
  'a heal without a day': {
    args: () => ['heal', table(), '-c', config],
    code: 2,
    says: /required option '--day <day>' not specified/,
  },
  'an acceptance of nothing': {
    args: () => ['accept', table(), '--reason', 'x', '-c', config],
    code: 2,
    says: /say what is accepted: --server .+, --rewind .+, or --window/,
  },
  'an acceptance of a server for one table': {
    args: () => ['accept', table(), '--server', '--reason', 'x', '-c', config],
    code: 2,
    says: /--server counts for the whole source: say --all/,
  },
  'an acceptance without a reason': {
    args: () => ['accept', '--all', '--server', '--reason', '', '-c', config],
    code: 2,
    says: /--reason is empty/,
  },
  'a pace that is no number': {
    args: () => ['pace', table(), '--rows-per-second', 'fast', '-c', config],
    code: 2,
    says: /--rows-per-second "fast" is no whole number\. Write 5000, or 0 for no limit\./,
  },
  'a pace of nothing': {
    args: () => ['pace', table(), '-c', config],
    code: 2,
    says: /name a pace: --steady, --asap, --full, --rows-per-second, --target-millis, --rest-ratio, or --policy/,
  },
  'a pace, and the policy’s too': {
    args: () => ['pace', table(), '--rest-ratio', '1', '--policy', '-c', config],
    code: 2,
    says: /name a pace, or --policy, not both/,
  },
  'two paces at once': {
    args: () => ['pace', table(), '--asap', '--full', '-c', config],
    code: 2,
    says: /name one of --asap and --full/,
  },
  'a pace out of bounds': {
    args: () => ['pace', table(), '--target-millis', '5', '-c', config],
    code: 2,
    says: /--target-millis: 5 isn't between 10 and 10000/,
  },
  'no MySQL server': {
    args: () => [
      'status',
      '-c',
      policyFile(
        policyText({ name: world.name, url: `mysql://root@${nowhere}`, tables: ['{ table: a.b, timeColumn: t }'] }),
      ),
    ],
    code: 1,
    says: /^mysql: no MySQL server answers there; look at source\.url and the network \(connect ECONNREFUSED 127\.0\.0\.1:9\)/,
  },
  'a wrong password': {
    args: () => [
      'plan',
      '-c',
      policyFile(
        policyText({
          name: world.name,
          url: `mysql://root:wrong@127.0.0.1:${inject('stack').mysql.port}`,
          tables: ['{ table: a.b, timeColumn: t }'],
        }),
      ),
    ],
    code: 1,
    says: /^mysql: MySQL refused user or password; look at source\.url and source\.password/,
  },
  'no Temporal server': {
    args: () => ['schedule', 'apply', '-c', config],
    env: { TEMPORAL_ADDRESS: nowhere },
    code: 1,
    says: /^temporal: no server answers at 127\.0\.0\.1:9; set TEMPORAL_ADDRESS, or start one/,
  },
  'an unregistered namespace': {
    args: () => ['worker', '-c', config],
    env: { TEMPORAL_NAMESPACE: 'nowhere' },
    code: 1,
    says: /^temporal: the namespace nowhere isn't registered; temporal operator namespace create nowhere/,
  },
  'no S3': {
    args: () => [
      'worker',
      '--wait',
      '1s',
      '-c',
      policyFile(
        policyText({ name: world.name, endpoint: `http://${nowhere}`, tables: ['{ table: a.b, timeColumn: t }'] }),
      ),
    ],
    code: 1,
    says: /s3 http:\/\/127\.0\.0\.1:9 didn't answer for \d+ s.*the store at http:\/\/127\.0\.0\.1:9 doesn't answer/,
  },
  'wrong keys': {
    args: () => ['worker', '-c', config],
    env: { AWS_SECRET_ACCESS_KEY: 'wrong' },
    code: 1,
    says: /^s3: access to bucket \w+ was refused \(SignatureDoesNotMatch\); .+ mend AWS_SECRET_ACCESS_KEY/,
  },
  'no bucket': {
    args: () => [
      'worker',
      '-c',
      policyFile(
        policyText({ name: world.name, bucket: `${world.name}-none`, tables: ['{ table: a.b, timeColumn: t }'] }),
      ),
    ],
    code: 1,
    says: /^s3: there is no bucket \w+-none; create it, with versioning on/,
  },
};

describe.concurrent('bad input', () => {
  test.each(Object.entries(badInputs))(
    '%s is said in one line, with what to do',
    async (_name, { args, env, code, says }) => {
      const outcome = await sediment(args(), env);
      expect(outcome.stderr).toMatch(says);
      expect(outcome.stderr.trimEnd().split('\n')).toHaveLength(1);
      expect(outcome.stderr).not.toMatch(/\n {4}at |Error:/);
      expect([outcome.code, outcome.stdout]).toEqual([code, '']);
    },
  );
});
