import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { commitManifest } from '../../../src/activities/commitManifest.ts';
import { exportPartition } from '../../../src/activities/exportPartition.ts';
import { verifyPartition } from '../../../src/activities/verifyPartition.ts';
import { recordAudit } from '../../../src/ledger/audits.ts';
import { recordDrill } from '../../../src/ledger/drills.ts';
import { recordFolderAudit } from '../../../src/ledger/folderAudits.ts';
import type { Day } from '../../../src/model/day.ts';
import { applySchedule } from '../../../src/schedules.ts';
import { catalog } from '../../../src/telemetry/catalog.ts';
import { pauseUpdate, resumeUpdate } from '../../../src/workflows/purge/messages.ts';
import { freePort } from '../../../stack/process.ts';
import { WorkerProcess } from '../../support/worker.ts';
import { makeWorld, type World } from '../../support/world.ts';

const day = '2026-01-05';
const password = 'Tr0ub4dor&3 "quoted"';
const apiKey = 'temporal-key-9f31c2';

let world: World;
let connection: Connection;
let client: Client;
let worker: WorkerProcess;
let port: number;
let policy: string;
let environment: Record<string, string>;
/** The histories of all that ran, as JSON. */
let histories = '';
let metrics = '';

const text = (path: string) => readFileSync(fileURLToPath(new URL(`../../../${path}`, import.meta.url)), 'utf8');

beforeAll(async () => {
  const { temporal, mysql, s3 } = inject('stack');
  world = await makeWorld('mysql');
  const { name } = world;
  connection = await Connection.connect({ address: temporal.address });
  await connection.workflowService.registerNamespace({
    namespace: name,
    workflowExecutionRetentionPeriod: { seconds: 86_400 as never },
  });
  client = new Client({ connection, namespace: name });
  await world.sql(`CREATE USER ${name} IDENTIFIED BY '${password}'`);
  await world.sql(`GRANT ALL ON *.* TO ${name}`);
  for (const table of ['orders', 'waiting', 'keyless']) {
    const key = table === 'keyless' ? '' : ', PRIMARY KEY (id)';
    await world.sql(
      `CREATE TABLE ${name}.${table} (id INT NOT NULL, note VARCHAR(20), t DATETIME NOT NULL, KEY by_time (t)${key})`,
    );
    for (let id = 0; id < 7; id++) await world.sql(`INSERT INTO ${name}.${table} VALUES (${id}, 'n', '${day} 10:00')`);
  }
  // Archived and past its retention before the worker comes: its first look at the ledger finds a backlog.
  world.add({ table: 'waiting', timeColumn: 't' });
  const input = { table: `${name}.waiting`, day };
  for (const work of [exportPartition, verifyPartition, commitManifest]) await work(world.source, input, world.attempt);
  const key = { database: name, table: 'waiting', day: day as Day };
  await recordAudit(world.ledger, key, { rows: 7, bytes: 300, finding: null });
  await recordDrill(world.ledger, key, { rows: 7, bytes: 300, seconds: 1, finding: 'no right to CREATE' });
  const counts = {
    unnamed: 0,
    doubled: 2,
    missing: 0,
    changed: 0,
    halfUploaded: 0,
    bucketRefused: 0,
    catalogBehind: 0,
  };
  await recordFolderAudit(world.ledger, key, counts);
  await world.sql(
    `INSERT INTO ${name}_ledger.expiries (database_name, table_name, day, rows_stored, bytes_stored) VALUES (?, 'waiting', ?, 7, 300)`,
    [name, day],
  );
  await applySchedule(client, world.config);
  port = await freePort();
  policy = `
source: { name: ${name}, url: "mysql://${name}@127.0.0.1:${mysql.port}", password: "\${MYSQL_PASSWORD}", ledger: ${name}_ledger }
store: { bucket: ${name}, region: us-east-1, endpoint: "${s3.endpoint}", forcePathStyle: true }
defaults: { retention: P30D, purge: enabled, pace: full, timeColumn: t, chunkRows: 3 }
tables: [{ table: ${name}.orders }, { table: ${name}.waiting }, { table: ${name}.keyless }]
`;
  environment = {
    MYSQL_PASSWORD: password,
    SEDIMENT_METRICS: `127.0.0.1:${port}`,
    SEDIMENT_LOG: 'debug',
    TEMPORAL_ADDRESS: temporal.address,
    TEMPORAL_NAMESPACE: name,
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
  };
  worker = new WorkerProcess(policy, environment);
  await vi.waitFor(() => expect(worker.output).toContain('works on'), { timeout: 60_000, interval: 100 });
  await liveThroughADay(name);
  metrics = await scrape();
});

afterAll(async () => {
  await worker?.stop();
  await connection?.close();
  world?.close();
});

/** Archives, drifts, pauses, heals, purges and audits a day of `orders`, and fails at `keyless` and at a table that isn't there. */
async function liveThroughADay(source: string): Promise<void> {
  const table = `${source}.orders`;
  const run = (workflowId: string, type: string, input: object) =>
    client.workflow.start(type, { taskQueue: 'sediment', workflowId, args: [{ source, ...input }] });
  const archive = (name: string) =>
    run(`archive/${source}/${source}/${name}/${day}`, 'archiveTable', { table: `${source}.${name}`, day });
  const archived = await archive('orders');
  await archived.result();
  const failing = [await archive('keyless'), await archive('nowhere')];
  const complaints = () => worker.lines.filter((line) => line.level === 'warn').map((line) => line.table);
  for (const name of ['keyless', 'nowhere'])
    await vi.waitFor(() => expect(complaints()).toContain(`${source}.${name}`), { timeout: 30_000, interval: 100 });
  for (const handle of failing) await handle.terminate('seen').catch(() => undefined);
  await world.sql(`UPDATE ${table} SET note = 'changed' WHERE id = 3`);
  await world.ledger.putHold({ scope: table, owner: 'oncall', reason: 'lunch', until: null });
  const purge = await run(`purge/${source}/${source}/orders`, 'purgeTable', { table, cutoff: '2026-06-01' });
  await vi.waitFor(async () => expect(await purge.query('progress')).toMatchObject({ held: 'oncall: lunch' }), {
    timeout: 30_000,
    interval: 100,
  });
  await purge.executeUpdate(pauseUpdate, { args: [{ owner: 'oncall', reason: 'lunch' }] });
  await world.ledger.dropHold(table);
  await purge.executeUpdate(resumeUpdate);
  await purge.result();
  const audit = await run(`audit/${source}/by-hand`, 'auditArchive', { tables: [table] });
  await audit.result();
  for (const handle of [archived, purge, audit, ...failing]) histories += JSON.stringify(await handle.fetchHistory());
}

async function scrape(): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${port}/metrics`);
  return response.text();
}

function value(name: string, table: string): number | undefined {
  const line = metrics
    .split('\n')
    .find((each) => each.startsWith(`${name}{`) && each.includes(`table="${world.name}.${table}"`));
  return line === undefined ? undefined : Number(line.split(' ').at(-1));
}

/** The names that stand on the endpoint, histograms by their base name too. */
function names(): Set<string> {
  return new Set([...metrics.matchAll(/^(\w+)[{ ]/gm)].map(([, name]) => String(name)));
}

test('every metric of the catalog is on the endpoint of a worker that has archived, healed and purged a day', () => {
  const kinds = new Map([...metrics.matchAll(/^# TYPE (\w+) (\w+)$/gm)].map(([, name, kind]) => [name, kind]));
  for (const [name, { kind, labels }] of Object.entries(catalog)) {
    expect([name, kinds.get(name)]).toEqual([name, kind]);
    const line = metrics.split('\n').find((each) => each.startsWith(`${name}{`)) ?? '';
    for (const label of ['source', ...labels]) expect(line).toContain(`${label}="`);
  }
  const own = [...names()].filter((name) => name.startsWith('sediment_'));
  expect(own.sort()).toEqual(Object.keys(catalog).sort());
});

test('the figures are those of the day: rows, bytes of CSV, and the backlog that waits', async () => {
  expect(value('sediment_exported_rows_total', 'orders')).toBe(7);
  expect(value('sediment_verified_rows_total', 'orders')).toBe(7);
  expect(value('sediment_deleted_rows_total', 'orders')).toBe(7);
  expect(value('sediment_healed_rows_total', 'orders')).toBe(1);
  expect(value('sediment_exported_bytes_total', 'orders')).toBe(value('sediment_verified_bytes_total', 'orders'));
  expect(value('sediment_backlog_days', 'waiting')).toBe(1);
  expect(value('sediment_backlog_rows', 'waiting')).toBe(7);
  expect(value('sediment_ledger_archived_rows', 'waiting')).toBe(7);
  expect(value('sediment_paused', 'waiting')).toBe(0);
  expect(value('sediment_audited_days', 'waiting')).toBe(1);
  expect(value('sediment_audited_objects', 'waiting')).toBe(3);
  expect(value('sediment_audited_bytes', 'waiting')).toBe(300);
  expect(value('sediment_audit_oldest_age_seconds', 'waiting')).toBeLessThan(3_600);
  expect(value('sediment_drill_failed', 'waiting')).toBe(1);
  expect(value('sediment_expiring_bytes', 'waiting')).toBe(300);
  const doubled = metrics.split('\n').find((line) => /^sediment_audit_findings\{.*kind="doubled"/.test(line));
  expect(doubled).toMatch(/ 2$/);
  const closed = (Date.now() - Date.parse('2026-01-06T00:00:00Z')) / 1000;
  expect(value('sediment_last_verified_age_seconds', 'waiting')).toBeGreaterThan(closed - 86_400);
});

test('alerts, dashboard and documentation name what is on the endpoint, and nothing else', () => {
  const alerts = parse(text('deploy/prometheus/alerts.yaml')) as { groups: { rules: { expr: string }[] }[] };
  const dashboard = JSON.parse(text('deploy/grafana/sediment.json')) as { panels: { targets?: { expr: string }[] }[] };
  const expressions = [
    ...alerts.groups.flatMap((group) => group.rules.map((rule) => rule.expr)),
    ...dashboard.panels.flatMap((panel) => (panel.targets ?? []).map((target) => target.expr)),
  ];
  const used = new Set(expressions.flatMap((each) => each.match(/\b(?:sediment|temporal)_\w+/g) ?? []));
  const known = names();
  expect([...used].filter((name) => !known.has(name))).toEqual([]);
  const documented = text('docs/metrics.md').replaceAll(/ +/g, ' ');
  for (const [name, { kind, labels, description }] of Object.entries(catalog))
    expect(documented).toContain(`| \`${name}\` | ${kind} | ${['source', ...labels].join(', ')} | ${description} |`);
});

test('the worker lives, and is ready once the ledger and Temporal have answered', async () => {
  const probe = async (path: string) => (await fetch(`http://127.0.0.1:${port}${path}`)).status;
  expect(await probe('/livez')).toBe(200);
  await expect.poll(() => probe('/readyz')).toBe(200);
});

test('each line of the log is JSON, and those of a day carry source, workflow, table and day', async () => {
  // The native core holds lines back for a moment, to put them in order.
  const slices = () => worker.lines.filter((line) => line.msg === 'purgeSlice is done' && Number(line.deleted) > 0);
  await expect.poll(() => slices().reduce((sum, line) => sum + Number(line.deleted), 0)).toBe(7);
  expect(worker.output.split('\n').filter((line) => line !== '' && !line.startsWith('{'))).toEqual([]);
  const table = `${world.name}.orders`;
  const exported = worker.lines.find((line) => line.msg === 'exportPartition is done' && line.table === table);
  expect(exported).toMatchObject({
    level: 'debug',
    source: world.name,
    workflow: `archive/${world.name}/${world.name}/orders/${day}`,
    table,
    day,
    rows: 7,
  });
  for (const slice of slices()) expect(slice).toMatchObject({ source: world.name, table, day });
  const failure = worker.lines.find((line) => line.level === 'warn' && line.table === `${world.name}.keyless`);
  expect(failure).toMatchObject({ day, error: { message: expect.stringContaining('primary key') } });
});

test('each line of a run of archive, purge, heal and audit is as docs/log.schema.json says', async () => {
  await expect.poll(() => worker.output).toContain('read back, as it was written');
  const schema = z.fromJSONSchema(JSON.parse(text('docs/log.schema.json')));
  const wrong = worker.lines.filter((line) => !schema.safeParse(line).success);
  expect(wrong).toEqual([]);
  expect(worker.lines.length).toBeGreaterThan(20);
});

test('at info a worker says once and in words what became of each day, and nothing else of the day', async () => {
  const said = () =>
    worker.lines
      .filter((line) => line.level === 'info' && line.table !== undefined)
      .map((line) => String(line.msg).replaceAll(`${world.name}.`, ''));
  await expect.poll(said).toHaveLength(7);
  const bytes = '\\d+ B';
  const expected = [
    `orders ${day} archived: 7 rows, ${bytes}, [\\d.]+ s`,
    `keyless ${day} refused: .*primary key.*`,
    `nowhere ${day} stopped: .*`,
    `orders ${day} held: oncall: lunch`,
    `orders ${day} healed: 0 rows added, 1 changed, 0 removed; 1 part written`,
    `orders ${day} purged: 7 rows`,
    `orders ${day} read back, as it was written: 7 rows, ${bytes}`,
  ];
  for (const pattern of expected) expect(said()).toContainEqual(expect.stringMatching(new RegExp(`^${pattern}$`)));
  const archived = worker.lines.find((line) => line.event === 'archived');
  expect(archived).toMatchObject({ source: world.name, table: `${world.name}.orders`, day, rows: 7, attempt: 1 });
});

test('no secret is in the log, the metrics or the histories', async () => {
  const { s3 } = inject('stack');
  const wrong = new WorkerProcess(
    `
source: { name: ${world.name}, url: "mysql://${world.name}@127.0.0.1:${inject('stack').mysql.port}", password: "${apiKey}" }
store: { bucket: ${world.name}, region: us-east-1, endpoint: "${s3.endpoint}", forcePathStyle: true }
tables: [{ table: shop.orders, timeColumn: t }]
`,
    { TEMPORAL_ADDRESS: inject('stack').temporal.address, TEMPORAL_NAMESPACE: world.name },
  );
  expect(await wrong.stopped()).toBe(1);
  expect(wrong.output).toContain('MySQL refused user or password');
  const everything = [worker.output, wrong.output, metrics, histories].join('\n');
  expect(everything.length).toBeGreaterThan(10_000);
  const forms = (secret: string) => [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)];
  const secrets = [password, apiKey, s3.secretAccessKey].flatMap(forms);
  expect(secrets.filter((secret) => everything.includes(secret))).toEqual([]);
});

test('a worker whose metrics’ address is taken says so and ends', async () => {
  const second = new WorkerProcess(policy, { ...environment, SEDIMENT_METRICS: `127.0.0.1:${port}` });
  expect(await second.stopped()).toBe(1);
  expect(second.output).toContain(`metrics: 127.0.0.1:${port} can't be bound`);
});
