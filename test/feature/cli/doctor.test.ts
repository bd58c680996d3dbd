import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { serverFindings } from '../../../src/cli/doctor/doctorMysql.ts';
import { grantsSql, missingRights, neededRights, parseGrants } from '../../../src/mysql/schema/grants.ts';
import { lifecycleFacts } from '../../../src/s3/lifecycle.ts';
import { policyFile, policyText, sediment } from '../../support/command.ts';
import { makeWorld, type World } from '../../support/world.ts';

interface Finding {
  what: string;
  level: string;
  message: string;
}

describe.each(['mysql', 'mariadb'] as const)('doctor on %s', (flavor) => {
  let world: World;

  beforeAll(async () => {
    world = await makeWorld(flavor);
    const { name } = world;
    await world.sql(`CREATE TABLE ${name}.orders (id INT PRIMARY KEY, day INT, t DATETIME NOT NULL, KEY (t))`);
    await world.sql(`CREATE TABLE ${name}.parent (id INT PRIMARY KEY, t DATETIME NOT NULL, KEY (t))`);
    await world.sql(`CREATE DATABASE ${name}_hidden`);
    await world.sql(
      `CREATE TABLE ${name}_hidden.child (id INT PRIMARY KEY, p INT, FOREIGN KEY (p) REFERENCES ${name}.parent (id) ON DELETE CASCADE)`,
    );
    await world.sql(`CREATE USER '${name}'@'%' IDENTIFIED BY 'least' WITH MAX_USER_CONNECTIONS 9`);
  });
  afterAll(() => world.close());

  async function findings(tables: readonly string[]): Promise<{ code: number | null; findings: Finding[] }> {
    const url = `mysql://${world.name}:least@127.0.0.1:${inject('stack')[flavor].port}`;
    const policies = tables.map((table) => `{ table: ${world.name}.${table}, timeColumn: t }`);
    const { code, stdout } = await sediment([
      'doctor',
      '--json',
      '-c',
      policyFile(policyText({ name: world.name, url, tables: policies })),
    ]);
    return { code, findings: JSON.parse(stdout).findings };
  }

  test('each right that is missing is named; with the SQL of --grants, and no more, all is well', async () => {
    const { name } = world;
    await world.sql(`GRANT SELECT ON ${name}.orders TO '${name}'@'%'`);
    const before = await findings(['orders']);
    expect(before.code).toBe(1);
    const rights = before.findings.filter(({ what }) => what === 'rights').map(({ message }) => message);
    expect(rights).toEqual([
      expect.stringContaining(`lacks DELETE, TRIGGER on ${name}.orders; sediment doctor --grants`),
      expect.stringContaining(`EXECUTE on ${name}_ledger.*`),
      expect.stringMatching(
        flavor === 'mysql'
          ? /lacks PROCESS, REPLICATION CLIENT on the server.+ Without PROCESS every purge waits/
          : /lacks PROCESS, REPLICATION CLIENT on the server/,
      ),
    ]);

    const tables = ['orders', 'parent'].map((table) => ({ database: name, table }));
    for (const statement of grantsSql(tables, `${name}_ledger`, name).split(';'))
      if (statement.includes('GRANT')) await world.sql(statement.slice(statement.indexOf('GRANT')));
    const after = await findings(['orders', 'parent']);
    const said = (what: string) => after.findings.filter((each) => each.what === what);
    expect(said('rights')).toEqual([{ what: 'rights', level: 'ok', message: 'the user has all that it needs' }]);
    expect(said('mysql')).toContainEqual({
      what: 'mysql',
      level: 'note',
      message: expect.stringContaining('MAX_USER_CONNECTIONS is 9'),
    });
    // A column that bears the name of the layout's folder.
    expect(said(`${name}.orders`)).toMatchObject([
      { level: 'ok' },
      { level: 'note', message: expect.stringContaining('its column day') },
    ]);
    // The child's schema is hidden from this user, and its rule with it (P48).
    expect(said(`${name}.parent`)).toMatchObject([
      { level: 'refused', message: expect.stringContaining(`${name}_hidden.child`) },
    ]);
    expect(after.code).toBe(3);
  });
});

const server = {
  what: 'MySQL 8.4.3',
  aurora: false,
  readOnly: false,
  binaryLog: true,
  binlogFormat: 'ROW',
  maxUserConnections: 0,
  clockAheadSeconds: 0.2,
};

test.each([
  [{}, [['ok', 'MySQL 8.4.3, binary log in ROW format, no bound of connections']]],
  [
    { readOnly: true },
    [
      ['ok', ''],
      ['failed', 'connect to the writer'],
    ],
  ],
  [
    { binlogFormat: 'STATEMENT' },
    [
      ['ok', ''],
      ['failed', 'binlog_format = ROW'],
    ],
  ],
  [
    { clockAheadSeconds: -5 },
    [
      ['ok', ''],
      ['note', '5.0 s behind'],
    ],
  ],
  [
    { clockAheadSeconds: 61 },
    [
      ['ok', ''],
      ['failed', '61.0 s ahead of'],
    ],
  ],
  [
    { maxUserConnections: 16, aurora: true },
    [
      ['ok', '16 connections for the user'],
      ['note', 'no disk back on Aurora'],
    ],
  ],
])('a server with %j is found as it is (P37, P51)', (parts, expected) => {
  const found = serverFindings({ ...server, ...parts });
  expect(found.map(({ level, message }) => [level, message])).toEqual(
    expected.map(([level, text]) => [level, expect.stringContaining(text ?? '')]),
  );
});

test('grants are read as each server prints them', () => {
  const needed = neededRights([{ database: 'bank', table: 'orders' }], 'sediment');
  expect(
    missingRights(needed, parseGrants(['GRANT ALL PRIVILEGES ON *.* TO `root`@`localhost` WITH GRANT OPTION'])),
  ).toEqual([]);
  const least = [
    "GRANT PROCESS, BINLOG MONITOR ON *.* TO `s`@`%` IDENTIFIED BY PASSWORD '*B69'",
    'GRANT ALL PRIVILEGES ON `sedi%`.* TO `s`@`%`',
    'GRANT SELECT, DELETE, TRIGGER ON `bank`.`orders` TO `s`@`%`',
  ];
  expect(missingRights(needed, parseGrants(least))).toEqual([]);
  // A column's right is none to the table, an escaped _ is no wildcard, another table's right is another's.
  const others = [
    'GRANT SELECT (a, b), DELETE ON `bank`.`orders` TO `s`@`%`',
    'GRANT ALL PRIVILEGES ON `sedimen\\_`.* TO `s`@`%`',
    'GRANT TRIGGER ON `bank`.`Orders` TO `s`@`%`',
  ];
  expect(missingRights(needed, parseGrants(others))).toEqual([
    'SELECT, TRIGGER on bank.orders',
    expect.stringContaining('CREATE ROUTINE'),
    'PROCESS, REPLICATION CLIENT on the server',
  ]);
  const native = neededRights([{ database: 'bank', table: 'orders', nativePartitions: 'auto' }], 'sediment');
  expect(missingRights(native, parseGrants(least))).toEqual(['INSERT, CREATE, ALTER, DROP on bank.orders']);
  expect(grantsSql([{ database: 'bank', table: 'orders', nativePartitions: 'auto' }], 'sediment', 's')).toContain(
    "GRANT SELECT, DELETE, TRIGGER, INSERT, CREATE, ALTER, DROP ON `bank`.`orders` TO 's'@'%';",
  );
  expect(parseGrants(['GRANT `app`@`%` TO `s`@`%`']).roles).toBe(true);
});

test('a lifecycle rule that would expire the archive is found, and no other (P41)', () => {
  const rule = (ID: string, parts: object) => ({ ID, Status: 'Enabled' as const, Expiration: { Days: 90 }, ...parts });
  const rules = [
    rule('all', { Filter: {} }),
    rule('above', { Filter: { Prefix: 'arch' } }),
    rule('below', { Filter: { And: { Prefix: 'archive/bank/', ObjectSizeGreaterThan: 1 } } }),
    rule('old', { Prefix: 'archive/' }),
    rule('elsewhere', { Filter: { Prefix: 'logs/' } }),
    rule('tagged', { Filter: { Tag: { Key: 'tmp', Value: '1' } } }),
    rule('off', { Status: 'Disabled', Filter: {} }),
    rule('staging', { Filter: { Prefix: 'archive/_staging/' } }),
    {
      ID: 'uploads',
      Status: 'Enabled' as const,
      Filter: {},
      AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 },
    },
    { ID: 'versions', Status: 'Enabled' as const, Filter: {}, NoncurrentVersionExpiration: { NoncurrentDays: 30 } },
  ];
  expect(lifecycleFacts(rules, 'archive')).toEqual({
    expiring: ['all', 'above', 'below', 'old'],
    archiving: [],
    noncurrent: ['versions'],
    abortsUploads: true,
  });
  expect(lifecycleFacts([], '')).toEqual({ expiring: [], archiving: [], noncurrent: [], abortsUploads: false });
});
