import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { commitManifest } from '../../src/activities/commitManifest.ts';
import { exportPartition } from '../../src/activities/exportPartition.ts';
import { verifyPartition } from '../../src/activities/verifyPartition.ts';
import { defaultThrottle } from '../../src/config/throttle.ts';
import { Source } from '../../src/job/source.ts';
import { day, fill, heal, partition, purge, purgeToEnd, tableRows } from '../support/archived.ts';
import { eventually } from '../support/eventually.ts';
import { attempt } from '../support/faultMatrix.ts';
import { type Fate, Wire } from '../support/wire.ts';
import { makeWorld, type World } from '../support/world.ts';

describe.each(['mysql', 'mariadb'] as const)(
  'a day that takes longer to read back than a connection lives, on %s,',
  (flavor) => {
    let world: World;
    beforeAll(async () => {
      world = await makeWorld(flavor);
    });
    afterAll(() => world.close());

    /** Every connection of the source's but the test's own is ended by the server. */
    async function killOthers(): Promise<void> {
      const ids = await world.sql(
        `SELECT ID AS id FROM information_schema.PROCESSLIST WHERE COMMAND = 'Sleep' AND INFO IS NULL AND ID <>
          CONNECTION_ID() AND ID IN (${[...connections].join(', ') || '0'})`,
      );
      for (const { id } of ids) await world.sql(`KILL ${id}`).catch(() => undefined);
    }

    /** Waits until the server has ended every connection of the source's by itself, as idle ones. */
    async function idleOut(): Promise<void> {
      await eventually(async () => {
        const open = await world.sql(
          `SELECT ID AS id FROM information_schema.PROCESSLIST WHERE ID IN (${[...connections].join(', ') || '0'})`,
        );
        return open.length === 0 || undefined;
      }, 'the end of idle connections');
    }

    /** Ids of the connections that a watched source opened. */
    const connections = new Set<number>();
    class Watched extends Source {
      constructor(
        config: World['config'],
        readonly idleSeconds?: number,
      ) {
        super(config);
      }

      override async open(isolation: Parameters<Source['open']>[0]) {
        const session = await super.open(isolation);
        connections.add(Number(session.connection.threadId));
        if (this.idleSeconds !== undefined) await session.execute(`SET SESSION wait_timeout = ${this.idleSeconds}`);
        return session;
      }
    }

    /** The numbers of the parts that were read, by the wire's steps. */
    const partsRead = (steps: readonly string[]) =>
      new Set(steps.flatMap((step) => /^s3 GET .*\.(\d{5})\.e\d+\.csv/.exec(step)?.[1] ?? []));

    test('is proved though its ledger connection is killed again and again, and each part is read once', async () => {
      await fill(world, 'proved', 400);
      const input = { table: `${world.name}.proved`, day };
      await exportPartition(world.source, input, world.attempt);
      let reads = 0;
      const wire = await Wire.open(world.config, async (_, what): Promise<Fate> => {
        // In the middle of a part's reading, while nothing is asked of MySQL.
        if (/^s3 GET .*\.csv\.gz/.test(what) && ++reads % 2 === 0) await killOthers();
        return 'answered';
      });
      const source = new Watched(wire.config);
      const result = await verifyPartition(source, input, world.attempt);
      source.close();
      expect(result.rows).toBe(400);
      expect(await partition(world, 'proved')).toMatchObject({ state: 'verified' });
      expect(reads).toBe(
        (await world.ledger.readParts({ database: world.name, table: 'proved', day: day as never })).length,
      );
      await wire.close();
    });

    test('is proved though the server’s wait_timeout ends its connections while a part is read', async () => {
      await fill(world, 'idle', 120);
      const input = { table: `${world.name}.idle`, day };
      await exportPartition(world.source, input, world.attempt);
      let waits = 0;
      const wire = await Wire.open(world.config, async (_, what): Promise<Fate> => {
        if (/^s3 GET .*\.0000[01]\.e\d+\.csv\.gz/.test(what)) {
          waits++;
          await idleOut();
        }
        return 'answered';
      });
      const source = new Watched(wire.config, 1);
      expect(await verifyPartition(source, input, world.attempt)).toMatchObject({ rows: 120 });
      expect(await commitManifest(source, input, world.attempt)).toMatchObject({ rows: 120 });
      source.close();
      await wire.close();
      expect(waits).toBe(2);
      expect(await partition(world, 'idle')).toMatchObject({ state: 'archived' });
    });

    test('is healed though the server’s wait_timeout ends its connections while the new part is read back', async () => {
      // Aurora's commits are judged by two looks, a second apart, and the connection doesn't live as long.
      await fill(world, 'idle_heal', 200, { throttle: { ...defaultThrottle, commitMillis: 'off' } });
      const input = { table: `${world.name}.idle_heal`, day };
      for (const work of [exportPartition, verifyPartition, commitManifest])
        await work(world.source, input, world.attempt);
      await world.sql(`UPDATE ${world.name}.idle_heal SET note = 'changed' WHERE id = 20`);
      let waits = 0;
      const wire = await Wire.open(world.config, async (_, what): Promise<Fate> => {
        if (/^s3 GET .*\.e[2-9]\.csv\.gz/.test(what)) {
          waits++;
          await idleOut();
        }
        return 'answered';
      });
      const source = new Watched(wire.config, 1);
      expect(await heal(world, 'idle_heal', source)).toMatchObject({ changed: 1 });
      source.close();
      await wire.close();
      expect(waits).toBe(1);
      await purgeToEnd(world, 'idle_heal');
      expect(await partition(world, 'idle_heal')).toMatchObject({ state: 'purged', rowsChanged: 1 });
    });

    test('goes on behind the parts that were proved, when its first attempt dies in the middle (P91)', async () => {
      await fill(world, 'resumed', 400);
      const input = { table: `${world.name}.resumed`, day };
      await exportPartition(world.source, input, world.attempt);
      const first = await Wire.open(world.config, (_, what): Fate => {
        return /^s3 GET .*\.00003\.e\d+\.csv/.test(what) ? 'dead' : 'answered';
      });
      await attempt(first, (source) => verifyPartition(source, input, world.attempt));
      const second = await Wire.open(world.config);
      expect(await attempt(second, (source) => verifyPartition(source, input, world.attempt))).toBe(undefined);
      const read = partsRead(second.steps);
      expect(read.has('00003')).toBe(true);
      expect([...read].filter((part) => part < '00003')).toEqual([]);
      await commitManifest(world.source, input, world.attempt);
      await purgeToEnd(world, 'resumed');
      expect(await tableRows(world, 'resumed')).toEqual([]);
    });

    test('is proved again where its columns changed meanwhile and it was written again', async () => {
      await fill(world, 'again', 60);
      const input = { table: `${world.name}.again`, day };
      await exportPartition(world.source, input, world.attempt);
      const first = await Wire.open(world.config, (_, what): Fate => {
        return /^s3 GET .*\.00002\.e\d+\.csv/.test(what) ? 'dead' : 'answered';
      });
      await attempt(first, (source) => verifyPartition(source, input, world.attempt));
      await world.sql(`ALTER TABLE ${world.name}.again ADD COLUMN extra INT NULL`);
      await exportPartition(world.source, input, world.attempt);
      const second = await Wire.open(world.config);
      await attempt(second, (source) => verifyPartition(source, input, world.attempt));
      expect(partsRead(second.steps).has('00000')).toBe(true);
    });

    test('is healed though its ledger connection is killed while the new part is read back', async () => {
      await fill(world, 'healed', 200);
      const input = { table: `${world.name}.healed`, day };
      for (const work of [exportPartition, verifyPartition, commitManifest])
        await work(world.source, input, world.attempt);
      await world.sql(`UPDATE ${world.name}.healed SET note = 'changed' WHERE id % 20 = 0`);
      const wire = await Wire.open(world.config, async (_, what): Promise<Fate> => {
        if (/^s3 GET .*\.e[2-9]\.csv\.gz/.test(what)) await killOthers();
        return 'answered';
      });
      const source = new Watched(wire.config);
      expect(await heal(world, 'healed', source)).toMatchObject({ changed: 10 });
      source.close();
      await wire.close();
      await purgeToEnd(world, 'healed');
      expect(await partition(world, 'healed')).toMatchObject({ state: 'purged', rowsChanged: 10 });
    });

    test('and lost a column since is read by a slice only where the slice deletes', async () => {
      await fill(world, 'narrow', 2_500, { chunkRows: 100, partBytes: 3_000 });
      const input = { table: `${world.name}.narrow`, day };
      for (const work of [exportPartition, verifyPartition, commitManifest])
        await work(world.source, input, world.attempt);
      await world.sql(`ALTER TABLE ${world.name}.narrow DROP COLUMN amount`);
      const wire = await Wire.open(world.config);
      const source = new Source(wire.config);
      expect(await purge(world, 'narrow', source, 1)).toMatchObject({ deleted: 1_000 });
      source.close();
      await wire.close();
      // Ten chunks of twenty-five, and the next run's where it was begun.
      expect(wire.steps.filter((step) => /^s3 GET .*\.csv\.gz/.test(step)).length).toBeLessThanOrEqual(20);
      await purgeToEnd(world, 'narrow');
      expect(await tableRows(world, 'narrow')).toEqual([]);
    });
  },
);
