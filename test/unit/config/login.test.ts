import { X509Certificate } from 'node:crypto';
import { expect, test } from 'vitest';
import { ConfigError } from '../../../src/config/errors.ts';
import { parseConfig } from '../../../src/config/load.ts';

const writer = 'bank.cluster-abc123.eu-central-1.rds.amazonaws.com';

function sourceOf(host: string, more = '') {
  const text = `source:
  name: bank
  url: mysql://sediment@${host}
${more}
store: { bucket: archive, region: eu-central-1 }
tables: [{ table: bank.orders, timeColumn: at }]
`;
  return parseConfig(text, 'sediment.yaml', {}).source;
}

function complaintOf(host: string, more = ''): string {
  try {
    sourceOf(host, more);
    return '';
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
}

test('an endpoint of RDS is trusted by Amazon’s authorities, and any other host by Node’s or a file’s', () => {
  const { tls } = sourceOf(writer);
  const [first = ''] = (tls === false ? '' : (tls.ca ?? '')).match(/-----BEGIN[\s\S]+?END CERTIFICATE-----/) ?? [];
  expect(new X509Certificate(first).subject).toContain('Amazon RDS');
  expect(sourceOf('db.example').tls).toEqual({});
  expect(sourceOf('db.example', '  tls: { ca: rds }').tls).toEqual(tls);
});

test('a token or a secret stands in place of a password, with the region that its host or ARN names', () => {
  const arn = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:bank-x';
  expect(sourceOf(writer, '  iam: true').login).toEqual({ kind: 'iam', region: 'eu-central-1' });
  expect(sourceOf('db.example', '  iam: { region: us-east-2 }').login).toEqual({ kind: 'iam', region: 'us-east-2' });
  expect(sourceOf(writer, `  secretsManager: ${arn}`).login).toEqual({ kind: 'secret', arn, region: 'eu-west-1' });
});

test('a second password, a host without a region, a token without TLS, and an RDS Proxy are refused by name', () => {
  expect(complaintOf(writer, '  iam: true\n  password: x')).toContain('source.iam: is a second password');
  expect(complaintOf('db.example', '  iam: true')).toContain("source.iam: db.example doesn't say its region");
  expect(complaintOf(writer, '  iam: true\n  tls: { off: true }')).toContain('needs TLS');
  expect(complaintOf('app.proxy-abc123.eu-central-1.rds.amazonaws.com')).toContain(
    'is an RDS Proxy, which hands a session’s statements to any connection. Write the cluster’s writer endpoint, ' +
      'as CLUSTER.cluster-abc123.eu-central-1.rds.amazonaws.com.',
  );
});
