import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { registerSearchAttributes } from '../../../src/searchAttributes.ts';
import { startWorkers } from '../../../src/worker.ts';
import { dailyArchive } from '../../../src/workflows/index.ts';
import { makeScene, type Scene } from '../../support/temporalScene.ts';
import { makeWorld, type World } from '../../support/world.ts';

let world: World;
beforeAll(async () => {
  world = await makeWorld('mysql');
  await world.sql(`CREATE TABLE ${world.name}.orders (id INT PRIMARY KEY, t DATETIME NOT NULL, KEY (t))`);
  await world.sql(`INSERT INTO ${world.name}.orders VALUES (1, '2026-01-05 10:00:00'), (2, '2026-01-06 10:00:00')`);
  world.add({ table: 'orders', timeColumn: 't' });
});
afterAll(() => world.close());

async function archive(scene: Scene, day: string) {
  const { address } = inject('stack').temporal;
  const workers = await startWorkers(world.config, {
    address,
    namespace: scene.namespace,
    bundle: { codePath: inject('bundle') },
  });
  try {
    return await scene.client.workflow.execute(dailyArchive, {
      taskQueue: 'sediment',
      workflowId: `daily/${day}`,
      workflowExecutionTimeout: '30s',
      args: [{ source: world.name, day }],
    });
  } finally {
    workers.shutdown();
    await workers.run;
  }
}

test('in a namespace without the search attributes the workflows run all the same (P61)', async () => {
  const scene = await makeScene({ searchAttributes: false });
  expect(await archive(scene, '2026-01-05')).toMatchObject({ archivedDays: 1, failed: {} });
  await scene.close();
});

test('where they are registered a table’s day is found by them, and registering again changes nothing', async () => {
  const scene = await makeScene();
  expect(await registerSearchAttributes(scene.connection, scene.namespace)).toEqual([]);
  expect(await archive(scene, '2026-01-06')).toMatchObject({ archivedDays: 1, failed: {} });
  const query = `ArchiveTable = '${world.name}.orders' AND ArchiveDay = '2026-01-06' AND ArchivePhase = 'archived'`;
  await expect.poll(() => scene.ids(query), { timeout: 10_000 }).toHaveLength(1);
  await scene.close();
});
