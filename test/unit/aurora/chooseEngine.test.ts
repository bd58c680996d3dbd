import { expect, test } from 'vitest';
import { choiceOf } from '../../../src/aurora/chooseEngine.ts';
import { parseConfig } from '../../../src/config/load.ts';
import type { AuroraFacts } from '../../../src/mysql/schema/auroraFacts.ts';
import { TableRefused } from '../../../src/mysql/schema/tableSchema.ts';

const good: AuroraFacts = {
  version: '3.10.0',
  reader: false,
  role: 'arn:aws:iam::1:role/s3',
  granted: true,
  mayLoad: true,
};

function configOf(store = '', policy = '') {
  const text = `source: { name: bank, url: "mysql://sediment@127.0.0.1" }
store: { bucket: archive, region: eu-central-1${store} }
tables: [{ table: bank.orders, timeColumn: at${policy} }]
`;
  const config = parseConfig(text, 'sediment.yaml', {});
  const [table] = config.tables;
  if (!table) throw new Error('a config without tables');
  return { config, table };
}

function choice(facts: AuroraFacts | undefined, engine: string, store = ''): string {
  const { config, table } = configOf(store, `, engine: ${engine}`);
  try {
    const chosen = choiceOf(facts, table, config);
    return `${chosen.engine}: ${chosen.why}`;
  } catch (error) {
    if (error instanceof TableRefused) return `refused: ${error.reason}`;
    throw error;
  }
}

test('auto takes the aurora engine where the server, its role and the user can, and says which of them can’t', () => {
  expect(choice(good, 'auto')).toBe('aurora: Aurora MySQL 3.10.0 writes into S3 as arn:aws:iam::1:role/s3');
  expect(choice(undefined, 'auto')).toMatch(/^stream: the server isn’t Aurora/);
  expect(choice({ ...good, reader: true }, 'auto')).toMatch(/^stream: @@innodb_read_only is 1/);
  expect(choice({ ...good, role: '' }, 'auto')).toMatch(/^stream: the cluster parameter aws_default_s3_role is empty/);
  expect(choice({ ...good, granted: false }, 'auto')).toMatch(/^stream: SHOW GRANTS lists no AWS_SELECT_S3_ACCESS/);
  expect(choice(good, 'stream')).toBe('stream: its policy says so');
});

test('a policy that asks for the aurora engine is refused with what mends it', () => {
  expect(choice({ ...good, granted: false }, 'aurora')).toMatch(
    /^refused: .*lists no AWS_SELECT_S3_ACCESS\. GRANT AWS_SELECT_S3_ACCESS TO 'sediment'@'%'$/,
  );
  expect(choice({ ...good, role: '' }, 'aurora')).toMatch(/aws rds modify-db-cluster-parameter-group/);
});

test('a prefix that would break out of the URI is never written into a statement', () => {
  for (const prefix of ["a' MANIFEST ON -- ", 'a b', 'a%27', 'a"b', 'ä'])
    expect(choice(good, 'aurora', `, prefix: ${JSON.stringify(prefix)}`)).toMatch(/^refused: .*store\.prefix is/);
});
