import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { ConfigError } from '../../../src/config/errors.ts';
import { loadConfig, parseConfig } from '../../../src/config/load.ts';
import type { TablePolicy } from '../../../src/config/policy.ts';
import { defaultThrottle } from '../../../src/config/throttle.ts';

const good = `source:
  name: bank
  url: mysql://u@127.0.0.1
store:
  bucket: archive
  region: us-east-1
defaults:
  zone: Europe/Berlin
tables:
  - table: shop.orders
    timeColumn: t
`;
const parse = (text: string, env = {}) => parseConfig(text, 'sediment.yaml', env);
const refusal = (text: string, env = {}): ConfigError => {
  try {
    parse(text, env);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error('the config was taken');
};
const only = (text: string): TablePolicy => {
  const [policy] = parse(text).tables;
  if (!policy) throw new Error('no table');
  return policy;
};
const folder = mkdtempSync(join(tmpdir(), 'sediment-config-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('the config', () => {
  test('fills in what is left out', () => {
    const config = parse(good);
    expect(config.source).toEqual({
      ...{ name: 'bank', host: '127.0.0.1', port: 3306, user: 'u', password: '' },
      ...{ tls: false, ledger: 'sediment', replicas: [] },
    });
    expect(config.store).toMatchObject({ prefix: '', layout: 'hive', allowUnversioned: false });
    expect(config.schedule).toEqual({ at: '01:30' });
    expect(config.audit).toEqual({ at: 'Sun 03:00', daysATable: 7 });
    expect(config.tables).toEqual([
      {
        ...{ database: 'shop', table: 'orders', timeColumn: 't', zone: 'Europe/Berlin', purge: 'disabled' },
        ...{ retention: 'P2M', minRetention: 'P7D', compression: 'gzip' },
        ...{ chunkRows: 4000, partBytes: 134_217_728, maxRowsPerDay: 0, maxShareOfTable: 1, maxRowsPerSecond: 0 },
        ...{
          undated: 'leave',
          settle: 'PT15M',
          drift: 'heal',
          maxHealRemoval: 0.1,
          recreated: 'leave',
          nativePartitions: 'never',
        },
        ...{ allowTriggers: [], allowCascade: [], allowOldRows: false, throttle: defaultThrottle },
        ...{ impact: { limit: 1.1 }, pace: 'steady', binlogRowImage: 'server' },
      },
    ]);
    expect(JSON.parse(JSON.stringify(config.tables))).toEqual(config.tables);
  });

  test('the example loads with every commented key taken in', () => {
    const text = readFileSync('sediment.example.yaml', 'utf8')
      .replace(/^( +)# ( *)(?=\w+: )/gm, '$1$2')
      .replace('/etc/ssl/rds.pem', join(folder, 'ca.pem'));
    writeFileSync(join(folder, 'ca.pem'), 'PEM');
    const config = parseConfig(text, 'example', { MYSQL_PASSWORD: 'pw' });
    expect(config.source).toMatchObject({ password: 'pw', tls: { ca: 'PEM' } });
    expect(config.tables[0]).toMatchObject({ purge: 'enabled', timeKind: 'epochMillis' });
    // What the example shows commented is the default.
    expect(config.tables[0]?.throttle).toEqual(defaultThrottle);
    expect(config.tables[0]?.window).toBe('Mon-Fri 22:00-06:00 Europe/Berlin');
    expect(config.source.replicas).toMatchObject([
      { name: 'db-2', user: 'sediment', password: 'pw', tls: { ca: 'PEM' } },
    ]);
  });

  test('a replica is named by its host, and asked as the source’s user unless its address says otherwise', () => {
    const urls = '["mysql://db-2", "mysql://u@db-2:3307", "mysql://watch:w%40@127.0.0.1:3308", "mysql://watch@[::1]"]';
    const text = good.replace('mysql://u@127.0.0.1', `mysql://u:pw@db-1\n  replicas: ${urls}`);
    expect(parse(text).source.replicas).toEqual([
      { name: 'db-2', host: 'db-2', port: 3306, user: 'u', password: 'pw', tls: {} },
      { name: 'db-2:3307', host: 'db-2', port: 3307, user: 'u', password: 'pw', tls: {} },
      { name: '127.0.0.1:3308', host: '127.0.0.1', port: 3308, user: 'watch', password: 'w@', tls: false },
      { name: '::1', host: '::1', port: 3306, user: 'watch', password: '', tls: {} },
    ]);
  });

  test('each key of a table’s throttle goes before the defaults’ same key, and the window before the defaults’', () => {
    const text = good.replace(
      'Berlin',
      'Berlin\n  window: "22:00-06:00 UTC"\n  throttle: { threadsRunning: 40, historyLength: off }',
    );
    expect(only(text).window).toBe('22:00-06:00 UTC');
    expect(only(`${text}    window: always\n    throttle: { threadsRunning: off, commitMillis: 7.5 }\n`)).toMatchObject(
      {
        window: 'always',
        throttle: { ...defaultThrottle, threadsRunning: 'off', historyLength: 'off', commitMillis: 7.5 },
      },
    );
  });

  test('is the argument’s file, else SEDIMENT_CONFIG’s', () => {
    const [one, two] = ['one', 'two'].map((name) => {
      const file = join(folder, `${name}.yaml`);
      writeFileSync(file, good.replace('name: bank', `name: ${name}`));
      return file;
    });
    expect(loadConfig(one, { SEDIMENT_CONFIG: two }).source.name).toBe('one');
    expect(loadConfig(undefined, { SEDIMENT_CONFIG: two }).source.name).toBe('two');
    expect(() => loadConfig(undefined, {})).toThrow(/sediment\.yaml can't be read/);
  });

  test('reads the environment in values, not in comments or keys', () => {
    const text = `${good.replace('mysql://u@', 'mysql://${WHO}@')}    # \${NOWHERE}\n`;
    expect(parse(text, { WHO: 'me' }).source.user).toBe('me');
  });

  test('verifies TLS but on the loopback', () => {
    const at = (host: string, more = '') => parse(good.replace('127.0.0.1', `${host}${more}`)).source.tls;
    expect([at('localhost'), at('db.example'), at('db.example', '\n  tls: { off: true }')]).toEqual([false, {}, false]);
    expect(at('127.0.0.1', '\n  tls: {}')).toEqual({});
  });

  test('a password comes from the url, a key, or a file', () => {
    const file = join(folder, 'pw');
    writeFileSync(file, 'secret\n');
    const of = (url: string, more = '') => parse(good.replace('mysql://u@127.0.0.1', `${url}${more}`)).source.password;
    expect(of('mysql://u:p%40w@h')).toBe('p@w');
    expect(of('mysql://u@h', '\n  password: "12"')).toBe('12');
    expect(of('mysql://u@h', `\n  passwordFile: ${file}`)).toBe('secret');
  });

  test('a table’s word goes before the defaults’', () => {
    const text = good.replace('Berlin', 'Berlin\n  timeKind: epochSeconds\n  timeColumn: d');
    expect(only(text)).toMatchObject({ timeColumn: 't', timeKind: 'epochSeconds' });
    expect(only(`${text}    timeKind: epochMillis\n    zone: UTC\n`)).toMatchObject({
      timeKind: 'epochMillis',
      zone: 'UTC',
    });
    expect(only(text.replace('    timeColumn: t\n', ''))).toMatchObject({ timeColumn: 'd' });
  });
});

describe('a mistake is named with its place:', () => {
  const more = (line: string) => `${good}    ${line}\n`;
  // A rule that is taken and then not kept is worse than one that is refused.
  test.each(['zeroDates: fail', 'epoch: seconds'])('%s is refused while nothing acts on it', (line) => {
    expect(() => parse(more(line))).toThrow(`${line.split(':')[0]}: no such key`);
  });

  test.each([
    [
      more('retention: 60 days'),
      '12:16  tables[0].retention: "60 days" is no ISO 8601 duration. Write P60D, or P2M for two calendar months.',
    ],
    [more('retantion: P2M'), '12:5  tables[0].retantion: no such key. Did you mean retention?'],
    [more('purge: yes'), '12:12  tables[0].purge: "yes" isn\'t known here. Write enabled or disabled.'],
    [more('chunkRows: many'), '12:16  tables[0].chunkRows: "many" is no number. Write digits only'],
    [more('chunkRows: 0'), '12:16  tables[0].chunkRows: 0 is too small. Write 1 or more.'],
    [more('zone: Mars/Base'), '12:11  tables[0].zone: "Mars/Base" is no time zone.'],
    [more('zone: Europe/Berln'), 'IANA name such as Europe/Berlin.'],
    [more('zone: "+01:00"'), '12:11  tables[0].zone: "+01:00" is no time zone.'],
    [more('firstDay: 2026-02-30'), '12:15  tables[0].firstDay: "2026-02-30" is no day of the calendar.'],
    [
      more('maxRowsPerDay: 3999'),
      '12:20  tables[0].maxRowsPerDay: 3999 is less than one chunk of 4000 rows, so no day could ever be purged.',
    ],
    [
      more('chunkRows: 100000\n    maxRowsPerSecond: 1'),
      '13:23  tables[0].maxRowsPerSecond: a chunk of 100000 rows is deleted at once, and would rest for more than a day at 1 rows per second.',
    ],
    [more('chunkRows: 100001'), '12:16  tables[0].chunkRows: 100001 is too big. Write 100000 or less.'],
    [more('partBytes: 0'), '12:16  tables[0].partBytes: 0 is too small. Write 1 or more.'],
    [more('partBytes: 68719476737'), '12:16  tables[0].partBytes: 68719476737 is too big. Write 68719476736 or less.'],
    [more('retention: P3D'), '12:16  tables[0].retention: the retention of P3D is shorter than minRetention, P7D.'],
    [
      more('- table: shop.orders\n    timeColumn: t').replace('    - t', '  - t'),
      '12:12  tables[1].table: shop.orders is in tables[0] already.',
    ],
    [
      good.replace('shop.orders', `shop.${'ä'.repeat(64)}`).replace('archive', `archive\n  prefix: ${'x'.repeat(200)}`),
      "tables[0].table: its objects' keys would take up to 1048 bytes, and S3 takes 1024: a letter beyond ASCII takes six",
    ],
    [
      more('window: "22:00-06:00"'),
      '12:13  tables[0].window: "22:00-06:00" is no purge window. Write "22:00-06:00 Europe/',
    ],
    [more('window: "22:00-06:00 Mars/Base"'), '12:13  tables[0].window: "Mars/Base" is no time zone.'],
    [
      more('throttle: { threadRunning: 7 }'),
      '12:17  tables[0].throttle.threadRunning: no such key. Did you mean threadsRunning?',
    ],
    [
      more('throttle: { threadsRunning: 0 }'),
      '12:33  tables[0].throttle.threadsRunning: 0 is no limit. Write a whole number',
    ],
    [
      more('throttle: { threadsRunning: 2.5 }'),
      '2.5 is no limit. Write a whole number above 0 such as 25, or auto or off.',
    ],
    [
      more('throttle: { historyLength: none }'),
      '"none" is no limit. Write a whole number above 0 such as 1000000, or off.',
    ],
    [more('throttle: { replicaLagSeconds: PT1S }'), '"PT1S" is no limit. Write a number above 0 such as 1, or off.'],
    [
      more('throttle: { targetMillis: 5 }'),
      '12:31  tables[0].throttle.targetMillis: 5 is too small. Write 10 or more.',
    ],
    [more('impact: { limit: 0.9 }'), 'tables[0].impact.limit: 0.9 is too small. Write 1 or more.'],
    [more('pace: fast'), 'tables[0].pace: "fast" isn\'t known here. Write steady or asap or full.'],
    [more('throttle: { restRatio: lots }'), 'tables[0].throttle.restRatio: "lots" is no number.'],
    [
      good.replace('u@127.0.0.1', 'u@h\n  replicas: [db-2]'),
      '4:14  source.replicas[0]: is no address. Write mysql://host:3306',
    ],
    [
      good.replace('u@127.0.0.1', 'u@h\n  replicas: ["mysql://h:3306"]'),
      '4:14  source.replicas[0]: is the source itself',
    ],
    [good.replace('    timeColumn: t\n', ''), '10:5  tables[0].timeColumn: is missing.'],
    [good.replace('shop.orders', 'orders'), '10:12  tables[0].table: "orders" names no table. Write db.table'],
    [good.replace('Berlin', 'Berlin\n  retention: P3D'), '9:14  defaults.retention: the retention of P3D is shorter'],
    [good.replace('Berlin', 'Berlin\n  minRetention: P1D'), '9:17  defaults.minRetention: P1D is shorter than P7D.'],
    [good.replace('name: bank', 'name: Bank'), '2:9  source.name: "Bank" may hold a–z, 0–9 and - only.'],
    [good.replace('mysql://u@', 'mysql://'), '3:8  source.url: names no user.'],
    [good.replace('127.0.0.1', '127.0.0.1/shop'), '3:8  source.url: goes on after the port'],
    [
      good.replace('127.0.0.1', 'pa/ss@127.0.0.1'),
      /3:8 {2}source\.url: has a \/ before its @\. .+ write %2F for \/, %3F/,
    ],
    [good.replace('127.0.0.1', '12/34@127.0.0.1'), '3:8  source.url: has a / before its @.'],
    [good.replace('bucket: ', 'bucket: s3://'), /store\.bucket: "s3:\/\/.+" is no bucket’s name\. .+ without s3:\/\//],
    [good.replace('mysql:', 'postgres:'), '3:8  source.url: is no MySQL address.'],
    [good.replace('  bucket: archive\n', ''), '5:3  store.bucket: is missing.'],
    [good.replace('us-east-1', 'us-east-1\n  endpoint: nowhere'), '7:13  store.endpoint: "nowhere" is no address.'],
    [`${good}schedule: { at: "25:00" }\n`, '12:17  schedule.at: "25:00" is no time of day.'],
    [`${good}audit: weekly\n`, '12:8  audit: is no audit. Write off, or { at: "Sun 03:00", daysATable: 7 }.'],
    [`${good}audit: { at: "Sunday 3:00" }\n`, '12:8  audit: at: "Sunday 3:00" is no time of the week.'],
    [`${good}audit: { daysATable: 0 }\n`, "12:8  audit: daysATable: 0 isn't a whole number from 1 to 5000."],
    [`${good}sheduel: {}\n`, '12:1  sheduel: no such key. Did you mean schedule?'],
    [good.replace('t\n', '${NONE}\n'), 'the environment has no NONE'],
    [
      good.replace('127.0.0.1', 'h\n  passwordFile: /nowhere/pw'),
      "4:17  source.passwordFile: /nowhere/pw can't be read (ENOENT).",
    ],
    [good.replace('u@127.0.0.1', 'u:x@h\n  password: y'), '4:13  source.password: is a second password.'],
    [good.replace('archive', '['), /^Config sediment\.yaml:\d+:\d+ {2}/],
    [good.replace('name: bank', 'name: bank\n  name: bank2'), /^Config sediment\.yaml:3:3 {2}/],
    [good.replace('name: bank', 'name: *gone'), '2:9  no anchor has this name.'],
    ['', '1:1  the file: is missing.'],
    ['- a\n', '1:1  the file: the value is no group of keys.'],
  ])('%#', (text, message) => {
    const error = refusal(text);
    expect(error.message).toMatch(message instanceof RegExp ? message : /^Config sediment\.yaml:\d+:\d+ {2}\S/);
    if (typeof message === 'string') expect(error.message).toContain(message);
    expect(error.problems).toHaveLength(1);
  });

  test('its parts stand in fields', () => {
    expect(refusal(more('retention: 60 days'))).toMatchObject({
      ...{ file: 'sediment.yaml', line: 12, column: 16, path: 'tables[0].retention' },
    });
  });

  test('a variable that isn’t set is named with the path that asks for it, and its value isn’t blamed too', () => {
    const { line, path, message, problems } = refusal(good.replace('mysql://u@127.0.0.1', '${DB_URL}'));
    expect({ line, path, problems: problems.length }).toEqual({ line: 3, path: 'source.url', problems: 1 });
    expect(message).toContain('the environment has no DB_URL, which source.url asks for.');
  });

  test('all are reported, in the file’s order', () => {
    const text = more('retention: P3D\n    purge: on\n  - table: shop.b\n    retention: P1D\n    timeColumn: t');
    const { problems } = refusal(text.replace('name: bank', 'nam: bank').replace('archive', '${NONE}'));
    expect(problems.map(({ line, path }) => `${line} ${path}`)).toEqual([
      ...['2 source.name', '2 source.nam', '5 store.bucket', '13 tables[0].purge', '15 tables[1].retention'],
    ]);
  });

  test('a password is never shown', () => {
    for (const url of ['mysql//u:hunter2@h', 'mysql://u:hunter2@h/db', 'mysql://u:hunter2%zz@h'])
      expect(refusal(good.replace('127.0.0.1', `h\n  replicas: ["${url}"]`)).message).not.toContain('hunter2');
    for (const url of ['mysql//u:hunter2@h', 'mysql://u:hunter2@h/db', 'http://u:hunter2@h', 'mysql://u:hunter2%zz@h'])
      expect(refusal(good.replace('mysql://u@127.0.0.1', url)).message).not.toContain('hunter2');
    for (const word of ['12345', '*12345', '@12345', '[12345]', '{a: 12345}'])
      expect(refusal(good.replace('127.0.0.1', `h\n  password: ${word}`)).message).not.toContain('12345');
    expect(refusal('- password: "12345"').message).not.toContain('12345');
  });
});
