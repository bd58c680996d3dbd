import { expect, test, vi } from 'vitest';
import { explain } from '../../../src/cli/explain/explain.ts';
import { ServerUnreachable } from '../../../src/mysql/session/connect.ts';

const coded = (code: string | number, message: string) => Object.assign(new Error(message), { code });

test.each([
  [16, 'Jwt is expired', /lets nobody in by these credentials \(Jwt is expired\); look at TEMPORAL_API_KEY/],
  [7, 'Request unauthorized.', /lets nobody in by these credentials/],
  [14, 'No connection established', /no server answers at bank\.tmprl\.example:7233/],
  [5, 'Namespace bank is not found.', /the namespace bank isn't registered/],
])('Temporal’s code %i is told with the address and what to look at', (code, message, said) => {
  vi.stubEnv('TEMPORAL_ADDRESS', 'bank.tmprl.example:7233');
  vi.stubEnv('TEMPORAL_NAMESPACE', 'bank');
  expect(explain(coded(code, message))).toEqual({ message: expect.stringMatching(said), code: 1 });
  vi.unstubAllEnvs();
});

test.each([
  ['ER_TABLEACCESS_DENIED_ERROR', "SELECT command denied to user 'reader' for table 'partitions'"],
  ['ER_SPECIFIC_ACCESS_DENIED_ERROR', 'Access denied; you need PROCESS'],
])('a missing right is told with MySQL’s own words and the command that prints what is needed: %s', (code, message) => {
  const found = explain(coded(code, message));
  expect(found.message).toBe(
    `mysql: the user lacks a right; \`sediment doctor --grants\` prints what it needs (${message})`,
  );
});

test('a defect of our own is called one, and a network client’s TypeError is not', () => {
  expect(explain(new TypeError('x is undefined')).message).toMatch(/^this is a defect of Sediment; please report/);
  expect(explain(new TypeError('fetch failed', { cause: new Error('ECONNREFUSED') })).message).toBe('fetch failed');
});

test('a MySQL server that closes its connections is told with the address and what to look at', () => {
  const cause = coded('ECONNRESET', 'read ECONNRESET');
  expect(explain(new ServerUnreachable('db-1:3306', cause)).message).toMatch(
    /^mysql: the MySQL server, .+ closes the connection; look at source\.url .+ \(read ECONNRESET from db-1:3306\)$/,
  );
});

test('a Temporal server that isn’t reached by TLS is told with the TLS settings', () => {
  vi.stubEnv('TEMPORAL_ADDRESS', 'bank.tmprl.example:7233');
  vi.stubEnv('TEMPORAL_TLS', 'true');
  expect(explain(coded(14, 'No connection established')).message).toMatch(
    /no server answers by TLS at bank\.tmprl\.example:7233; look at .+TEMPORAL_TLS/,
  );
  vi.unstubAllEnvs();
});
