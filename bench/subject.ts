// The process whose speed and memory are measured. Takes a task as JSON, writes what it measured as JSON.
import type { Query } from 'mysql2';
import { auditPartition } from '../src/activities/auditPartition.ts';
import { exportPartition } from '../src/activities/exportPartition.ts';
import { prepareRestore } from '../src/activities/prepareRestore.ts';
import { restorePartition } from '../src/activities/restorePartition.ts';
import { verifyPartition } from '../src/activities/verifyPartition.ts';
import type { Cursor } from '../src/archive/chunk.ts';
import { openTable } from '../src/checks/openTable.ts';
import { eraseDay } from '../src/erase/eraseDay.ts';
import { startDigestThreads } from '../src/export/digestPool.ts';
import { findRows } from '../src/find/findRows.ts';
import { Source } from '../src/job/source.ts';
import type { Day } from '../src/model/day.ts';
import { predicate } from '../src/mysql/predicate.ts';
import type { ExportRange } from '../src/mysql/read/pageBounds.ts';
import { selectList, transcode } from '../src/mysql/read/rowStream.ts';
import { indexedTable } from '../src/mysql/schema/tableSchema.ts';
import type { Session } from '../src/mysql/session/session.ts';
import type { SqlServer } from '../stack/mysql.ts';
import type { S3Server } from '../stack/seaweed.ts';
import { orders } from './orders.ts';
import { peakMB } from './peak.ts';
import type { Measured } from './race.ts';
import { stageConfig } from './stage.ts';

interface Task {
  /** The table, if it isn't the orders; its time column and day are the orders'. */
  table?: string;
  name: 'drain' | 'transcode' | 'export' | 'restore' | 'find' | 'audit' | 'erase';
  /** Names the ledger and the prefix; `restore`, `find`, `audit` and `erase` read what an earlier task has archived there. */
  run: string;
  /** The table that `restore` makes, or the key that is found or erased. */
  into?: string;
  mysql: SqlServer;
  s3: S3Server;
}

/** Rows a page where nothing but transcoding is measured: some megabytes, as the export's largest are. */
const pageRows = 20_000;

const task = JSON.parse(process.argv[2] ?? '') as Task;
const table = task.table ?? `${orders.database}.${orders.table}`;
const config = stageConfig(task, { table, timeColumn: orders.timeColumn, run: task.run });
const source = new Source(config);
const attempt = { heartbeat: () => undefined, signal: new AbortController().signal };

async function readRange(session: Session): Promise<Pick<ExportRange, 'schema' | 'window'>> {
  const policy = config.tables[0];
  if (!policy) throw new Error('the config has no table');
  const { schema } = await openTable(session, policy);
  const next = new Date(Date.parse(`${orders.day}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10);
  return { schema, window: { start: `${orders.day} 00:00:00`, end: `${next} 00:00:00` } };
}

function select({ schema, window }: Pick<ExportRange, 'schema' | 'window'>, after: Cursor | undefined): string {
  const order = schema.cursorColumns.map(({ name }) => `\`${name}\``).join(', ');
  return `SELECT ${selectList(schema.columns, schema.cursorColumns)} FROM ${indexedTable(schema)} WHERE
    ${predicate({ schema, window }, after, undefined)} ORDER BY ${order}`;
}

const works: Record<Task['name'], () => Promise<number>> = {
  async drain() {
    const session = await source.open('REPEATABLE READ');
    const sql = select(await readRange(session), undefined);
    const rows = await drain(session, sql);
    session.close();
    return rows;
  },
  async transcode() {
    const session = await source.open('REPEATABLE READ');
    const range = await readRange(session);
    const { columns, cursorColumns } = range.schema;
    let rows = 0;
    for (let after: Cursor | undefined; ; ) {
      const page = await transcode(session, `${select(range, after)} LIMIT ${pageRows}`, columns, cursorColumns);
      rows += page.rows;
      if (page.rows < pageRows) break;
      after = page.cursor;
    }
    session.close();
    return rows;
  },
  async export() {
    await source.withLedger((ledger) => ledger.migrate());
    const input = { table, day: orders.day };
    const { rows } = await exportPartition(source, input, attempt);
    const exported = performance.now();
    const verified = await verifyPartition(source, input, attempt);
    if (verified.rows !== rows) throw new Error(`${rows} rows were exported, ${verified.rows} verified`);
    process.stderr.write(`of it, verification ${((performance.now() - exported) / 1000).toFixed(2)} s\n`);
    return rows;
  },
  async restore() {
    const request = { table, from: orders.day, to: orders.day, into: task.into };
    const { target } = await prepareRestore(source, request, attempt);
    return (await restorePartition(source, { table, day: orders.day, target }, attempt)).rows;
  },
  async audit() {
    const cpu = process.cpuUsage();
    const began = performance.now();
    const { rows, bytes, finding } = await auditPartition(source, { table, day: orders.day }, attempt);
    if (finding !== null) throw new Error(finding);
    const wall = (performance.now() - began) / 1000;
    const { user, system } = process.cpuUsage(cpu);
    const cores = (user + system) / 1e6;
    const megabytes = bytes / 1e6;
    note = `${(megabytes / wall).toFixed(0)} MB/s of compressed bytes, ${(megabytes / cores).toFixed(0)} MB per second of a core`;
    return rows;
  },
  async erase() {
    const policy = config.tables[0];
    if (!policy) throw new Error('the config has no table');
    const key = { database: policy.database, table: policy.table, day: orders.day as Day };
    const asked = { where: `id = ${task.into}`, who: 'bench', reason: 'bench' };
    const { rows, parts } = await source.withLedger((ledger) =>
      eraseDay({ source, ledger, policy, key, attempt }, asked),
    );
    if (rows !== 1 || parts !== 1) throw new Error(`${rows} rows in ${parts} parts had id ${task.into}`);
    return rows;
  },
  async find() {
    const policy = config.tables[0];
    if (!policy) throw new Error('the config has no table');
    const search = { where: `id = ${task.into}`, superseded: false, limit: 1 };
    const found = await source.withLedger((ledger) => findRows(source, ledger, policy, search));
    if (found.rows.length !== 1) throw new Error(`${found.rows.length} rows have id ${task.into}`);
    return found.rows.length;
  },
};

let note: string | undefined;

/** The row packets of one statement, dropped by the driver's own row step. */
function drain(session: Session, sql: string): Promise<number> {
  type Packet = { isEOF(): boolean };
  return new Promise((resolve, reject) => {
    let rows = 0;
    const query = session.connection.query(sql) as Query & { row: (packet: Packet) => unknown; done(): unknown };
    query.row = (packet) => {
      if (packet.isEOF()) return query.done();
      rows++;
      return query.row;
    };
    query.on('error', reject);
    query.on('end', () => resolve(rows));
  });
}

// As a worker has them before its first task.
if (task.name === 'export' || task.name === 'audit' || task.name === 'erase') await startDigestThreads();
const began = performance.now();
const rows = await works[task.name]();
const seconds = (performance.now() - began) / 1000;
process.stdout.write(JSON.stringify({ seconds, rows, memoryMB: peakMB(), note } satisfies Measured));
source.close();
