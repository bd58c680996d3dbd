import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Session } from '../../../src/mysql/session/session.ts';
import { makeWorld, type World } from '../../support/world.ts';

let world: World;
const folder = mkdtempSync(join(tmpdir(), 'sediment-login-'));

beforeAll(async () => {
  world = await makeWorld('mysql');
});
afterAll(() => {
  world.close();
  rmSync(folder, { recursive: true });
});

async function connects(address: Parameters<typeof Session.open>[0]): Promise<string> {
  const session = await Session.open(address, 'READ COMMITTED');
  try {
    const [row] = await session.rows('SELECT CURRENT_USER() AS user');
    return String(row?.user);
  } finally {
    session.close();
  }
}

test('a password file is read again for each connection', async () => {
  const user = `${world.name}_f`;
  const path = join(folder, 'password');
  writeFileSync(path, 'one\n');
  await world.sql(`CREATE USER ${user}@'%' IDENTIFIED BY 'one'`);
  const address = { ...world.config.source, user, login: { kind: 'file', path } as const };
  expect(await connects(address)).toBe(`${user}@%`);
  await world.sql(`ALTER USER ${user}@'%' IDENTIFIED BY 'two'`);
  await expect(connects(address)).rejects.toMatchObject({ errno: 1045 });
  writeFileSync(path, 'two\n');
  expect(await connects(address)).toBe(`${user}@%`);
});

test('a secret that was rotated is asked for once more when the server refuses the old one', async () => {
  const [one, other] = [`${world.name}_1`, `${world.name}_2`];
  for (const user of [one, other]) await world.sql(`CREATE USER ${user}@'%' IDENTIFIED BY 'first'`);
  let secret = { username: one, password: 'first' };
  const asked: string[] = [];
  const manager = createServer((request, response) => {
    asked.push(String(request.headers['x-amz-target']));
    response.end(JSON.stringify({ SecretString: JSON.stringify(secret) }));
  });
  await new Promise<void>((resolve) => manager.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(manager.address() as AddressInfo).port}/`;
  const arn = `arn:aws:secretsmanager:us-east-1:123456789012:secret:${world.name}`;
  const login = { kind: 'secret', arn, region: 'us-east-1', endpoint } as const;
  const address = { ...world.config.source, login };
  expect([await connects(address), await connects(address)]).toEqual([`${one}@%`, `${one}@%`]);
  expect(asked).toEqual(['secretsmanager.GetSecretValue']);
  // As a rotation between two users leaves it.
  await world.sql(`ALTER USER ${one}@'%' IDENTIFIED BY 'second'`);
  secret = { username: other, password: 'first' };
  expect(await connects(address)).toBe(`${other}@%`);
  expect(asked).toHaveLength(2);
  manager.close();
});
