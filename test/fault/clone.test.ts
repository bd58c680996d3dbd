import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { Source } from '../../src/job/source.ts';
import { ServerChanged } from '../../src/ledger/serverIdentity.ts';
import { requireServer } from '../../src/partition/open/serverClaim.ts';
import { stackFolder } from '../../stack/fetch.ts';
import { startMariadb } from '../../stack/mariadb.ts';
import { type SqlOptions, type SqlServer, startMysql } from '../../stack/mysql.ts';
import type { Server } from '../../stack/process.ts';
import { archive, fill, partition, purge, tableRows } from '../support/archived.ts';
import { asPrinted, policyFile, policyText } from '../support/command.ts';
import { makeWorld, type World } from '../support/world.ts';

const root = join(stackFolder, `clone-${process.pid}`);
const running = new Map<string, Server>();
afterEach(async () => {
  await Promise.all([...running.keys()].map(stop));
});
afterAll(() => rmSync(root, { recursive: true, force: true, maxRetries: 3 }));

async function stop(folder: string): Promise<void> {
  await running.get(folder)?.stop();
  running.delete(folder);
}

describe.each(['mysql', 'mariadb'] as const)('a ledger of %s', (flavor) => {
  function start(folder: string, options: SqlOptions = {}): Promise<SqlServer> {
    mkdirSync(join(root, folder), { recursive: true });
    const begin = flavor === 'mysql' ? startMysql : startMariadb;
    return begin(join(root, folder), (started) => running.set(folder, started), options);
  }

  /** 4,000 rows archived, the first thousand purged. */
  async function begun(port: number): Promise<World> {
    const world = await makeWorld(flavor, { port });
    await fill(world, 'orders', 4_000, { chunkRows: 100, partBytes: 5_000 });
    await archive(world, 'orders');
    await purge(world, 'orders', world.source, 1);
    expect(await tableRows(world, 'orders')).toHaveLength(3_000);
    return world;
  }

  const at = (world: World, { port }: SqlServer) =>
    new Source({ ...world.config, source: { ...world.config.source, port } });

  async function move(world: World, { port }: SqlServer): Promise<void> {
    Object.assign(world.config.source, { port });
    await world.reconnect();
  }

  test('goes on by itself on a server of another id that has its data: a failover, a pod under another name', async () => {
    const folder = `${flavor}-moved`;
    const world = await begun((await start(folder)).port);
    const before = await world.ledger.servers();
    await stop(folder);
    if (flavor === 'mysql') rmSync(join(root, folder, flavor, 'auto.cnf'));
    await move(world, await start(folder, { serverId: 7 }));
    expect(await purge(world, 'orders')).toMatchObject({ deleted: 3_000 });
    expect(await partition(world, 'orders')).toMatchObject({ state: 'purged', rowsDeleted: 4_000 });
    const servers = await world.ledger.servers();
    expect(servers).toHaveLength(2);
    expect(servers).toEqual(expect.arrayContaining(before));
    world.close();
  });

  test('goes on by itself after a restart', async () => {
    const folder = `${flavor}-restarted`;
    const world = await begun((await start(folder)).port);
    await stop(folder);
    await move(world, await start(folder));
    expect(await purge(world, 'orders')).toMatchObject({ deleted: 3_000 });
    world.close();
  });

  /** A copy of the data, as of a moment at which the original was down, and still is. */
  async function copied(name: string): Promise<{ world: World; folder: string; port: number }> {
    const folder = `${flavor}-${name}`;
    const { port } = await start(folder);
    const world = await begun(port);
    await stop(folder);
    cpSync(join(root, folder), join(root, `${folder}-copy`), { recursive: true });
    return { world, folder, port };
  }

  /** Both run. */
  async function cloned(name: string): Promise<{ world: World; original: SqlServer; clone: SqlServer }> {
    const { world, folder } = await copied(name);
    const [original, clone] = [await start(folder), await start(`${folder}-copy`)];
    await move(world, original);
    return { world, original, clone };
  }

  /** What a person does whom a message has told to. */
  async function accept(world: World, { port }: SqlServer, said: string): Promise<void> {
    const config = policyFile(
      policyText({
        name: world.name,
        url: `mysql://root@127.0.0.1:${port}`,
        tables: [`{ table: ${world.name}.orders, timeColumn: t }`],
      }),
    );
    expect(await asPrinted(said, config)).toMatchObject({ code: 0, stdout: expect.stringContaining('is accepted') });
  }

  test('that is a clone’s is stopped once the original has worked, with both named; accept takes the archive over (P103)', async () => {
    const { world, original, clone } = await cloned('second');
    expect(await purge(world, 'orders', at(world, original), 1)).toMatchObject({ done: false });
    const copy = at(world, clone);
    const stopped = await purge(world, 'orders', copy).catch((error: unknown) => error);
    expect(stopped).toBeInstanceOf(ServerChanged);
    const said = String(stopped);
    expect(said).toMatch(new RegExp(`this server is .+:${clone.port}, .+ made from .+:${original.port}, started`));
    await accept(world, clone, said);
    await expect(purge(world, 'orders', at(world, original))).rejects.toThrow(ServerChanged);
    // What the original has purged meanwhile is in the trace, and the clone's ledger is behind it.
    await expect(purge(world, 'orders', copy)).rejects.toThrow(/_purge\.json knows more than the ledger/);
    world.close();
  });

  test('that is a clone’s is stopped where it came first, while the original runs; that one goes on (P103)', async () => {
    const { world, original, clone } = await cloned('first');
    // As if the copy was made while the original ran: its ledger has the words that the original has by then.
    await requireServer(at(world, original), world.ledger);
    const [words] = await world.sql(`SELECT word, pending, address FROM ${world.ledger.name}.claim`);
    await move(world, clone);
    await world.sql(`UPDATE ${world.ledger.name}.claim SET word = ?, pending = ?, address = ?`, [
      ...[words?.word, words?.pending, words?.address],
    ]);
    await expect(purge(world, 'orders', at(world, clone), 1)).rejects.toThrow(
      new RegExp(`this server is .+:${clone.port}, .+ made from .+:${original.port}, .+ still runs, takes writes`),
    );
    await move(world, original);
    expect(await purge(world, 'orders')).toMatchObject({ deleted: 3_000 });
    world.close();
  });

  test('that is the original’s is stopped where a clone came first while it was down, and says on which server to do what', async () => {
    const { world, original, clone } = await cloned('down');
    const stopped = await purge(world, 'orders', at(world, clone), 1).catch(String);
    await accept(world, clone, String(stopped));
    await purge(world, 'orders', at(world, clone), 1);
    await expect(purge(world, 'orders', at(world, original))).rejects.toThrow(
      new RegExp(
        `this server is .+:${original.port}, .+ made from .+:${clone.port}, started .*` +
          `To go on with .+:${clone.port}, started .+, stop the workers whose source.url leads to this one`,
      ),
    );
    expect(await tableRows(world, 'orders')).toHaveLength(3_000);
    world.close();
  });

  test.each([
    ['the same id', false],
    ['an id of its own', true],
  ])(
    'that is a clone’s with %s is stopped while the original is down; the original goes on when it is back',
    async (_, fresh) => {
      const { world, folder, port } = await copied(fresh ? 'alone' : 'twin');
      if (fresh && flavor === 'mysql') rmSync(join(root, `${folder}-copy`, flavor, 'auto.cnf'));
      const clone = await start(`${folder}-copy`, fresh ? { serverId: 7 } : {});
      await move(world, clone);
      const stopped = await purge(world, 'orders').catch((error: unknown) => error);
      expect(stopped).toBeInstanceOf(ServerChanged);
      expect(String(stopped)).toMatch(
        new RegExp(
          `this server is .+:${clone.port}, .+ made from .+:${port}, .+ was reached at 127\\.0\\.0\\.1:${port} and no ` +
            `longer answers there, this one is reached at 127\\.0\\.0\\.1:${clone.port}: .+ promoted, or a clone`,
        ),
      );
      expect(await tableRows(world, 'orders')).toHaveLength(3_000);
      await move(world, await start(folder, { port }));
      expect(await purge(world, 'orders')).toMatchObject({ deleted: 3_000 });
      world.close();
    },
  );

  test('goes on by itself on another server that is reached at the address of the one before: a failover behind one name', async () => {
    const { world, folder, port } = await copied('named');
    if (flavor === 'mysql') rmSync(join(root, `${folder}-copy`, flavor, 'auto.cnf'));
    await move(world, await start(`${folder}-copy`, { serverId: 7, port }));
    expect(await purge(world, 'orders')).toMatchObject({ deleted: 3_000 });
    expect(await world.ledger.servers()).toHaveLength(2);
    world.close();
  });
});
