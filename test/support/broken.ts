import { expect, inject } from 'vitest';
import { purgeSlice } from '../../src/activities/purgeSlice.ts';
import { loadConfig } from '../../src/config/load.ts';
import { Source } from '../../src/job/source.ts';
import { readBacklog } from '../../src/ledger/backlog.ts';
import { readUnderWay } from '../../src/ledger/days/underWay.ts';
import { addDays, dayOf } from '../../src/model/day.ts';
import { parseTableName } from '../../src/model/tableName.ts';
import type { StateKind, TableState } from '../../src/model/tableState.ts';
import { serverNow } from '../../src/mysql/clock.ts';
import { applySchedule } from '../../src/schedules.ts';
import { ledgerStates } from '../../src/telemetry/tableStates.ts';
import { startWorkers } from '../../src/worker.ts';
import { archiveId, purgeId } from '../../src/workflows/ids.ts';
import { archiveTable, purgeTable } from '../../src/workflows/index.ts';
import { spoiledStore } from './bucket.ts';
import { policyFile, policyText } from './command.ts';
import { inProcess } from './inProcess.ts';
import { archiveDay } from './job.ts';
import { fortyRows } from './operatedCli.ts';
import { makeScene } from './temporalScene.ts';
import { makeWorld } from './world.ts';

export const day = '2026-01-05';
/** No server is there. */
export const nowhere = { TEMPORAL_ADDRESS: '127.0.0.1:9' };
const cutoff = '2026-06-01';

/** What every surface says of one table. */
export interface Said {
  /** Of status and of explain. */
  code: number | null;
  state: TableState;
  /** The one command that goes on. */
  command: string | null;
  /** Status's lines of the table, and explain's. */
  status: string;
  explained: string;
  evidence: Record<string, unknown>;
  /** By the ledger alone. */
  metric: StateKind | undefined;
}

export type Broken = Awaited<ReturnType<typeof makeBroken>>;

/**
 * A source on real servers of which single parts are broken, and what a person then reads of it.
 * @param more keys of a table's policy, as `, maxRowsPerSecond: 1`
 */
export async function makeBroken(tables: readonly string[], more: Record<string, string> = {}) {
  const [world, scene] = [await makeWorld('mysql'), await makeScene()];
  /** The status with which the store answers to requests below a table's prefix; others pass. */
  const refusing = new Map<string, number>();
  const proxy = await spoiledStore(world.name, (asked, answer, out, pass) => {
    const found = [...refusing].find(([table]) => asked.url?.includes(`/${table}/`));
    if (!found) return pass();
    answer.resume();
    out.writeHead(found[1], { 'content-type': 'application/xml' });
    const code = found[1] === 403 ? 'AccessDenied' : 'InternalError';
    out.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>refused</Message></Error>`);
  });
  const policies = tables.map(
    (table) =>
      `{ table: ${world.name}.${table}, timeColumn: t, purge: enabled, pace: full, drift: stop, chunkRows: 10${more[table] ?? ''} }`,
  );
  const config = policyFile(policyText({ name: world.name, endpoint: proxy.endpoint, tables: policies }));
  const source = new Source(loadConfig(config));
  await applySchedule(scene.client, source.config);
  const own = { TEMPORAL_ADDRESS: inject('stack').temporal.address, TEMPORAL_NAMESPACE: scene.namespace };
  const nameOf = (table: string) => `${world.name}.${table}`;
  let workers: Awaited<ReturnType<typeof startWorkers>> | undefined;

  const stateOf = async (table: string, env: Record<string, string> = {}): Promise<TableState> => {
    const { stdout } = await inProcess(['status', nameOf(table), '--json', '-c', config], { ...own, ...env });
    return JSON.parse(stdout).tables[0].state;
  };
  const metricOf = async (table: string): Promise<StateKind | undefined> => {
    const now = await serverNow(world.session);
    const backlog = await readBacklog(world.session, world.ledger.name, addDays(dayOf(now, 'UTC'), 1));
    const underWay = await readUnderWay(world.session, world.ledger.name);
    return ledgerStates(source.config, backlog, underWay, now).get(nameOf(table));
  };

  return {
    ...{ world, scene, source, config, refusing, nameOf, stateOf, env: own },
    async work() {
      const bundle = { codePath: inject('bundle') };
      const { address } = inject('stack').temporal;
      workers = await startWorkers(source.config, { address, namespace: scene.namespace, bundle });
    },
    async stopWorking() {
      workers?.shutdown();
      await workers?.run;
      workers = undefined;
    },
    /** Forty rows of one day, not archived. */
    async create(table: string, key = 'PRIMARY KEY (id),') {
      await world.sql(
        `CREATE TABLE ${nameOf(table)} (id INT NOT NULL, note VARCHAR(20), t DATETIME NOT NULL, ${key} KEY (t))`,
      );
      await world.sql(fortyRows(nameOf(table)));
    },
    /** Archives the day by the store itself. */
    archive: (table: string) => archiveDay(world, parseTableName(nameOf(table)), day, source),
    slice: (table: string, forMillis = 60_000, from = source) =>
      purgeSlice(from, { table: nameOf(table), cutoff, forMillis }, world.attempt),
    startArchive: (table: string) =>
      scene.client.workflow.start(archiveTable, {
        taskQueue: 'sediment',
        workflowId: archiveId(world.name, nameOf(table), day),
        args: [{ source: world.name, table: nameOf(table), day }],
      }),
    startPurge: (table: string) =>
      scene.client.workflow.start(purgeTable, {
        taskQueue: 'sediment',
        workflowId: purgeId(world.name, nameOf(table)),
        args: [{ source: world.name, table: nameOf(table), cutoff }],
      }),
    /** A command's lines, by the config of this source. */
    run: (args: readonly string[], env: Record<string, string> = {}) =>
      inProcess([...args, '-c', config], { ...own, ...env }),
    async look(table: string, env: Record<string, string> = {}): Promise<Said> {
      const run = (...args: string[]) => inProcess([...args, nameOf(table), '-c', config], { ...own, ...env });
      const status = await run('status', '--json');
      const lines = await run('status');
      const explained = await run('explain', '--json');
      const text = await run('explain');
      const all = [status, lines, explained, text];
      const said = all.map(({ stdout, stderr }) => `${stdout}${stderr}`).join('\n');
      expect(said).not.toMatch(/TypeError|UnknownError|\bUnknown\b|undefined|"error"/);
      const [found] = JSON.parse(status.stdout).tables;
      const { state, command, evidence } = JSON.parse(explained.stdout);
      expect(state).toEqual(found.state);
      expect(new Set(all.map(({ code }) => code)).size).toBe(1);
      const metric = await metricOf(table);
      return { code: status.code, state, command, evidence, status: lines.stdout, explained: text.stdout, metric };
    },
    async close() {
      workers?.shutdown();
      await workers?.run;
      source.close();
      await proxy.close();
      await scene.close();
      world.close();
    },
  };
}
