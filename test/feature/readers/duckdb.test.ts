import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ReadType } from '../../../src/readers/readType.ts';
import { duckdbScript } from '../../../src/readers/targets/duckdb.ts';
import {
  type Cells,
  cellOf,
  changedSchema,
  everyType,
  healedDays,
  inOrder,
  makeLaidOut,
  oddNames,
  type ReadScene,
  servedCells,
  shapeOf,
} from '../../support/readScenes.ts';
import type { World } from '../../support/world.ts';

/** A view's value as text. */
function printed(column: string, type: ReadType): string {
  if (type.kind === 'text') return `hex(encode(${column}))`;
  if (type.kind === 'binary') return `hex(${column})`;
  if (type.kind === 'datetime') return `strftime(${column}, '%Y-%m-%d %H:%M:%S.%f')`;
  return `CAST(${column} AS VARCHAR)`;
}

/** The rows that DuckDB sees in the view of `sediment ddl --for duckdb`, over a copy of the bucket's objects. */
async function readByScript(scene: ReadScene): Promise<Cells[]> {
  const { world } = scene;
  const shape = await shapeOf(scene);
  const local = mkdtempSync(join(tmpdir(), 'sediment-duckdb-'));
  for (const key of await world.source.store.list(shape.folder)) {
    mkdirSync(dirname(join(local, key)), { recursive: true });
    writeFileSync(join(local, key), await world.source.store.read(key));
  }
  const { pieces } = duckdbScript(shape, { schema: 'arch', view: scene.table, dates: 'null' });
  const instance = await DuckDBInstance.create();
  const connection = await instance.connect();
  try {
    // Its S3 client is an extension, which only DuckDB's own site gives.
    for (const { name, statement } of pieces)
      if (name !== 'extension' && name !== 'secret')
        await connection.run(statement.replaceAll(`s3://${shape.bucket}/`, `${local}/`));
    const name = (column: string) => `"${column.replaceAll('"', '""')}"`;
    const values = shape.columns.map((column) => printed(name(column.name), column.type));
    const reader = await connection.runAndReadAll(`SELECT ${values.join(', ')} FROM ${name(scene.table)}`);
    const rows = reader.getRows() as Cells[];
    return inOrder(rows.map((row) => shape.columns.map(({ type }, index) => cellOf(row[index] ?? null, type))));
  } finally {
    connection.closeSync();
    instance.closeSync();
    rmSync(local, { recursive: true, force: true });
  }
}

describe.each(['mysql', 'mariadb'] as const)('the view of sediment ddl --for duckdb, from %s', (flavor) => {
  describe.each(['hive', 'plain', 'dt'] as const)('in layout %s', (layout) => {
    let world: World;
    beforeAll(async () => {
      world = await makeLaidOut(flavor, layout);
    });
    afterAll(() => world.close());

    const same = async (scene: ReadScene) => {
      const shape = await shapeOf(scene);
      const served = await servedCells(scene, shape);
      expect(served.length).toBeGreaterThan(1);
      expect(await readByScript(scene)).toEqual(served);
    };

    test('shows a schema that changed, each row under today’s names', async () => {
      await same(await changedSchema(world));
    });

    test('shows heals, a further pass, rows without a day, and of a doubled key the newest', async () => {
      for (const scene of await healedDays(world)) await same(scene);
    });

    test('shows a table whose name and columns no catalogue takes as they are', async () => {
      await same(await oddNames(world));
    });

    test.runIf(layout === 'hive')('shows every type’s hard values as the server has them', async () => {
      await same(await everyType(world, flavor));
    });
  });
});
