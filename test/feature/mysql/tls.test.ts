import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Session } from '../../../src/mysql/session/session.ts';
import { makeWorld, type World } from '../../support/world.ts';

let withTls: World;
let withoutTls: World;

beforeAll(async () => {
  // The stack's MySQL makes itself a certificate when it starts, its MariaDB none.
  withTls = await makeWorld('mysql');
  withoutTls = await makeWorld('mariadb');
});
afterAll(() => {
  withTls.close();
  withoutTls.close();
});

function openSession({ config }: World, tls: { ca?: string }): Promise<Session> {
  return Session.open({ ...config.source, tls }, 'READ COMMITTED');
}

test('a certificate of an unknown authority is refused, with the key that names the authority', async () => {
  await expect(openSession(withTls, {})).rejects.toThrow(
    /^mysql: the server at 127\.0\.0\.1:\d+: its certificate isn't trusted: .+source\.tls\.ca.+ \(self-signed certificate/,
  );
});

test('a certificate for another name is refused, with the name that it is for', async () => {
  const [row] = await withTls.sql('SELECT @@datadir AS folder');
  await expect(openSession(withTls, { ca: readFileSync(`${row?.folder}ca.pem`, 'utf8') })).rejects.toThrow(
    /source\.url as the certificate does \(.+CN: MySQL_Server_.+_Auto_Generated_Server_Certificate/,
  );
});

test('a server that speaks no TLS is refused, with both ways out', async () => {
  await expect(openSession(withoutTls, {})).rejects.toThrow(/it speaks no TLS: .+source\.tls: \{ off: true \}/);
});
