import { rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { fill } from '../../support/archived.ts';
import { type AuroraWorld, makeAuroraWorld } from '../../support/aurora.ts';
import { inProcess } from '../../support/inProcess.ts';

let world: AuroraWorld;
let config: string;

beforeAll(async () => {
  world = await makeAuroraWorld();
  await fill(world, 'orders', 40);
  await fill(world, 'kept', 1);
  config = join(tmpdir(), `${world.name}.yaml`);
  const { s3 } = inject('stack');
  writeFileSync(
    config,
    `source: { name: ${world.name}, url: "mysql://root@127.0.0.1:${world.front.port}", ledger: ${world.name}_ledger }
store: { bucket: ${world.name}, region: us-east-1, endpoint: "${s3.endpoint}", forcePathStyle: true }
tables:
  - { table: ${world.name}.orders, timeColumn: t, engine: aurora, purge: enabled }
  - { table: ${world.name}.kept, timeColumn: t }
`,
  );
});
afterAll(async () => {
  rmSync(config, { force: true });
  await world.end();
});

const run = (command: string) => inProcess([...command.split(' '), '--config', config]);

test('plan and doctor say that the server writes the table itself, and why', async () => {
  const why = /aurora.*: Aurora MySQL 3\.10\.0 writes into S3 as arn:aws:iam::\d+:role/;
  expect((await run('plan')).stdout).toMatch(new RegExp(`engine +${why.source}`));
  const { stdout } = await run('doctor');
  expect(stdout).toMatch(new RegExp(`ok +${world.name}\\.orders +exported by the ${why.source}`));
  expect(stdout).toMatch(/ok +aurora +.+ the writer, .+ the user may write into S3, max_allowed_packet \d+/);
  expect(stdout).toMatch(/FreeLocalStorage --dimensions Name=DBInstanceIdentifier,Value=stand-in-instance-1 /);
});

test('procedures prints what a MySQL client takes: both of the table, and the export’s where nothing is purged', async () => {
  const printed = await run(`procedures ${world.name}.orders`);
  expect(printed.code).toBe(0);
  const created = [...printed.stdout.matchAll(/^CREATE PROCEDURE `\w+`\.`(\w+?)_\w+`/gm)].map(([, kind]) => kind);
  expect(created.sort()).toEqual(['export', 'purge']);
  const named = /SET v_uri = CONCAT\('s3-us-east-1:\/\/(\w+)\/_staging\/aurora\//.exec(printed.stdout)?.[1];
  expect(named).toBe(world.name);
  const { stdout } = await run(`procedures ${world.name}.kept --json`);
  expect(JSON.parse(stdout).tables[0].procedures).toHaveLength(1);
});

test('doctor --iam has a role for the cluster, on the staging folder alone; --grants has Aurora’s own right', async () => {
  const { policies } = JSON.parse((await run('doctor --iam --json')).stdout);
  const cluster = policies.find(({ role }: { role: string }) => role === 'cluster');
  const writes = cluster.document.Statement.find(({ Action }: { Action: string[] }) => Action.includes('s3:PutObject'));
  expect(writes.Resource).toBe(`arn:aws:s3:::${world.name}/_staging/aurora/*`);
  expect((await run('doctor --grants')).stdout).toMatch(/^GRANT AWS_SELECT_S3_ACCESS TO 'root'@'%';$/m);
});

test('doctor --probe reads what the server wrote byte for byte', async () => {
  const { code, stdout } = await run('doctor --probe');
  expect(stdout).toMatch(/ok +probe +Aurora MySQL .+ wrote 16 rows, .+; every byte is as the dialect says/);
  expect(code).toBe(0);
});
