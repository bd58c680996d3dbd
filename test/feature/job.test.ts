import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { commitManifest } from '../../src/activities/commitManifest.ts';
import { exportPartition } from '../../src/activities/exportPartition.ts';
import { purgeSlice } from '../../src/activities/purgeSlice.ts';
import { verifyPartition } from '../../src/activities/verifyPartition.ts';
import { encodingOf } from '../../src/archive/column.ts';
import { readRows } from '../../src/archive/csvReader.ts';
import { parseManifest } from '../../src/archive/manifest.ts';
import { Source } from '../../src/job/source.ts';
import { makeWorld, type World } from '../support/world.ts';

const day = '2026-01-05';

describe.each(['mysql', 'mariadb', 'aurora'] as const)('the job of one day on %s', (flavor) => {
  let world: World;

  beforeAll(async () => {
    world = await makeWorld(flavor);
  });
  afterAll(() => world.close());

  async function fill(table: string, rows: number): Promise<void> {
    await world.sql(
      `CREATE TABLE ${world.name}.${table} (id BIGINT UNSIGNED NOT NULL, shop VARCHAR(10) NOT NULL, note TEXT,
        amount DECIMAL(20,4), payload VARBINARY(20), rate DOUBLE, t DATETIME(6) NOT NULL, PRIMARY KEY (shop,
        id), KEY by_time (t))`,
    );
    world.add({ table, timeColumn: 't' });
    for (let begin = 0; begin < rows; begin += 500) {
      const tuples = [];
      for (let id = begin; id < Math.min(rows, begin + 500); id++)
        // Three rows share each time: ties must not be lost between chunks (P17).
        tuples.push(
          `(${id}, 's${id % 7}', ${id % 5 === 0 ? 'NULL' : `'line ${id}\\n"quoted" \\\\ end'`}, ${id}.25, ` +
            `x'00ff${(id % 100).toString().padStart(2, '0')}', ${id} / 7, TIMESTAMP('${day}') + INTERVAL ` +
            `${Math.floor(id / 3)} SECOND)`,
        );
      await world.sql(`INSERT INTO ${world.name}.${table} VALUES ${tuples.join(',')}`);
    }
  }

  async function archive(table: string): Promise<void> {
    const input = { table: `${world.name}.${table}`, day };
    await exportPartition(world.source, input, world.attempt);
    await verifyPartition(world.source, input, world.attempt);
    await commitManifest(world.source, input, world.attempt);
  }

  function purge(table: string) {
    return purgeSlice(
      world.source,
      { table: `${world.name}.${table}`, cutoff: '2026-06-01', forMillis: 60_000 },
      world.attempt,
    );
  }

  async function partition(table: string) {
    return (await world.ledger.days(world.name, table))[0];
  }

  async function count(table: string): Promise<number> {
    const [row] = await world.sql(`SELECT COUNT(*) AS number FROM ${world.name}.${table}`);
    return Number(row?.number);
  }

  test('a day is exported, proved, committed and purged, and each row stands once in the archive', async () => {
    await fill('orders', 1_234);
    const before = await world.sql(`SELECT id, shop, note FROM ${world.name}.orders ORDER BY t, shop, id`);
    await archive('orders');
    expect((await purge('orders')).deleted).toBe(1_234);
    expect(await count('orders')).toBe(0);
    expect(await partition('orders')).toMatchObject({ state: 'purged', rowsArchived: 1_234, rowsDeleted: 1_234 });

    const prefix = `${world.name}/orders/year=2026/month=01/day=05/`;
    const manifest = parseManifest((await world.source.store.read(`${prefix}_manifest.json`)).toString());
    const encodings = manifest.columns.map(encodingOf);
    const archived: (string | null)[][] = [];
    for (const part of manifest.parts)
      for (const row of readRows(gunzipSync(await world.source.store.read(part.object.key)), encodings))
        archived.push(row.map((value) => value?.toString('utf8') ?? null));
    expect(archived.map(([id, shop, note]) => ({ id, shop, note }))).toEqual(before);
  });

  test('an object that is gone stops the purge before the first delete (P64)', async () => {
    await fill('vanished', 50);
    await archive('vanished');
    const [object] = (await world.source.store.list(`${world.name}/vanished/`)).filter((key) =>
      key.endsWith('.csv.gz'),
    );
    await world.source.store.remove(String(object));
    await expect(purge('vanished')).rejects.toThrow(/gone/);
    expect(await count('vanished')).toBe(50);
  });

  test('a hold stops the purge at once, and says who holds it (P80)', async () => {
    await fill('holdme', 50);
    await archive('holdme');
    await world.ledger.putHold({ scope: `${world.name}.holdme`, owner: 'oncall', reason: 'month-end', until: null });
    expect(await purge('holdme')).toMatchObject({ deleted: 0, held: 'oncall: month-end' });
    await world.ledger.dropHold(`${world.name}.holdme`);
    expect((await purge('holdme')).deleted).toBe(50);
  });

  test('a hold that comes after the slice has begun is seen by the procedure itself (P80)', async () => {
    await fill('heldlate', 50);
    await archive('heldlate');
    const source = new Source(world.config);
    const head = source.store.head.bind(source.store);
    source.store.head = async (key, version) => {
      // Written by hand, without the epoch that pause takes: only the procedure's own look can find it.
      await world.sql(
        `INSERT IGNORE INTO ${world.ledger.name}.holds (scope, owner, reason) VALUES ('${world.name}.heldlate', 'oncall', 'late')`,
      );
      return head(key, version);
    };
    const input = { table: `${world.name}.heldlate`, cutoff: '2026-06-01', forMillis: 60_000 };
    expect(await purgeSlice(source, input, world.attempt)).toMatchObject({ deleted: 0, held: 'oncall: late' });
    source.close();
    expect(await count('heldlate')).toBe(50);
  });

  test('each activity may run twice at once: one manifest, each row deleted once', async () => {
    await fill('twice', 700);
    const input = { table: `${world.name}.twice`, day };
    const both = (run: () => Promise<unknown>) => Promise.allSettled([run(), run()]);
    const retried = async (run: () => Promise<unknown>) => {
      const outcomes = await both(run);
      expect(outcomes.some((outcome) => outcome.status === 'fulfilled')).toBe(true);
      await run();
    };
    await retried(() => exportPartition(world.source, input, world.attempt));
    await retried(() => verifyPartition(world.source, input, world.attempt));
    await retried(() => commitManifest(world.source, input, world.attempt));
    const manifest = parseManifest(
      (await world.source.store.read(`${world.name}/twice/year=2026/month=01/day=05/_manifest.json`)).toString(),
    );
    expect(manifest.rows).toBe(700);
    await both(() => purge('twice'));
    await purge('twice');
    expect(await count('twice')).toBe(0);
    expect(await partition('twice')).toMatchObject({ state: 'purged', rowsDeleted: 700 });
    const objects = await world.source.store.list(`${world.name}/twice/`);
    // The manifest, the purge's trace, and the parts with their chunk indexes.
    expect(objects).toHaveLength(2 + 2 * manifest.parts.length);
  });
});
