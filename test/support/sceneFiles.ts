import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ArchiveShape } from '../../src/readers/archiveShape.ts';
import { type Cells, type ReadScene, servedCells, shapeOf } from './readScenes.ts';

/** A scene on disk: the bucket's objects below `folder`, the archive's shape, and the rows that a view must show. */
export interface SceneFiles {
  name: string;
  table: string;
  folder: string;
  shape: ArchiveShape;
  served: Cells[];
}

/** Copies a scene's objects into a folder of their own, for readers that have no S3 client here. */
export async function writeScene(scene: ReadScene, folder: string): Promise<SceneFiles> {
  const shape = await shapeOf(scene);
  const { store } = scene.world.source;
  for (const key of await store.list(shape.folder)) {
    mkdirSync(dirname(join(folder, key)), { recursive: true });
    writeFileSync(join(folder, key), await store.read(key));
  }
  return { name: scene.name, table: scene.table, folder, shape, served: await servedCells(scene, shape) };
}
