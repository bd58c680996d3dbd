import { inject } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { Source } from '../../src/job/source.ts';
import type { Day } from '../../src/model/day.ts';
import { parseTableName } from '../../src/model/tableName.ts';
import { startWorkers } from '../../src/worker.ts';
import { policyFile, policyText } from './command.ts';
import { archiveDay } from './job.ts';
import { makeScene, type Scene } from './temporalScene.ts';
import { makeWorld, type World } from './world.ts';

/** A world whose policy file the command reads, with a namespace and workers of its own. */
export interface Operated {
  world: World;
  scene: Scene;
  source: Source;
  /** The policy file's path. */
  config: string;
  /** What the command needs to find the namespace. */
  env: Record<string, string>;
  /** Forty rows of one day, archived; gives the table as `db.table`. */
  archived(table: string): Promise<string>;
  rowsLeft(table: string): Promise<number>;
  close(): Promise<void>;
}

export const day = '2026-01-05' as Day;

/** Policies as `{ table: … }` texts, once the world has its name. */
export async function makeOperated(policies: (world: string) => readonly string[]): Promise<Operated> {
  const [world, scene] = [await makeWorld('mysql'), await makeScene()];
  const config = policyFile(policyText({ name: world.name, tables: policies(world.name) }));
  const source = new Source(loadConfig(config));
  const { address } = inject('stack').temporal;
  const bundle = { codePath: inject('bundle') };
  const workers = await startWorkers(source.config, { address, namespace: scene.namespace, bundle });
  return {
    ...{ world, scene, source, config },
    env: { TEMPORAL_NAMESPACE: scene.namespace },
    async archived(table) {
      const name = `${world.name}.${table}`;
      await world.sql(`CREATE TABLE ${name} (id INT PRIMARY KEY, note VARCHAR(20), t DATETIME NOT NULL, KEY (t))`);
      await world.sql(fortyRows(name));
      await archiveDay(world, parseTableName(name), day, source);
      return name;
    },
    rowsLeft: async (table) => Number((await world.sql(`SELECT COUNT(*) AS number FROM ${table}`))[0]?.number),
    async close() {
      workers.shutdown();
      await workers.run;
      source.close();
      await scene.close();
      world.close();
    },
  };
}

export function fortyRows(table: string): string {
  const rows = Array.from({ length: 40 }, (_, id) => `(${id}, 'as it was', '${day}' + INTERVAL ${id} SECOND)`);
  return `INSERT INTO ${table} VALUES ${rows.join(',')}`;
}
