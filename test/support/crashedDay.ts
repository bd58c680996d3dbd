import { gunzipSync } from 'node:zlib';
import { commitManifest } from '../../src/activities/commitManifest.ts';
import { exportPartition } from '../../src/activities/exportPartition.ts';
import { verifyPartition } from '../../src/activities/verifyPartition.ts';
import { compressionOf, dayPrefix, manifestKey } from '../../src/archive/keys.ts';
import { parseManifest } from '../../src/archive/manifest.ts';
import { openTable } from '../../src/checks/openTable.ts';
import { findPolicy } from '../../src/config/policy.ts';
import { defaultThrottle } from '../../src/config/throttle.ts';
import { Source } from '../../src/job/source.ts';
import { parseDay } from '../../src/model/day.ts';
import { parseTableName } from '../../src/model/tableName.ts';
import { selectList, transcode } from '../../src/mysql/read/rowStream.ts';
import { purgeAll } from './job.ts';
import type { World } from './world.ts';

const day = parseDay('2026-01-05');
/** Three chunks in two parts; the purge takes two of them in its first transaction, and the last in a second. */
const rows = 1_030;
const shape = { timeColumn: 't', chunkRows: 360, partBytes: 4_500 };

/**
 * Without the rest after a lock wait, which is seconds in production. And without reading the server's health: an attempt
 * whose wire is dead would wait for it for ever, where a dead process waits for nothing.
 */
const calm = {
  ...defaultThrottle,
  lockWaitSeconds: 0.05,
  threadsRunning: 'off' as const,
  historyLength: 'off' as const,
  replicaLagSeconds: 'off' as const,
  commitMillis: 'off' as const,
};

/** One activity of a job: anything that works through a source, and may be run again from its start. */
export type Work = (source: Source) => Promise<unknown>;

/** A table with one small day, the job that archives and purges it, and its account. */
export interface SmallDay {
  table: string;
  input: { table: string; day: string };
  key: { database: string; table: string; day: typeof day };
  prefix: string;
  /** Its rows in the archive's own bytes, in order: what must stand there in the end. */
  written: readonly string[];
  job: Work[];
}

/** The table that each day's table is a copy of. */
export async function writeSeed(world: World): Promise<void> {
  await world.sql(
    `CREATE TABLE ${world.name}.seed (id INT NOT NULL PRIMARY KEY, note VARCHAR(40) NULL, payload VARBINARY(8), t DATETIME(6) NOT NULL, KEY (t))`,
  );
  const tuples = Array.from(
    { length: rows },
    (_, id) =>
      // Three rows share each time, so that a chunk's end falls between equals.
      `(${id}, ${id % 5 === 0 ? 'NULL' : `'line ${id}\\n"q" \\\\'`}, x'00ff${(id % 90) + 10}', TIMESTAMP('${day}') + INTERVAL ${Math.floor(id / 3)} SECOND)`,
  );
  await world.sql(`INSERT INTO ${world.name}.seed VALUES ${tuples.join(',')}`);
}

export async function writeDay(world: World, table: string): Promise<SmallDay> {
  await world.sql(`CREATE TABLE ${world.name}.${table} LIKE ${world.name}.seed`);
  await world.sql(`INSERT INTO ${world.name}.${table} SELECT * FROM ${world.name}.seed`);
  world.add({ table, throttle: calm, ...shape });
  const input = { table: `${world.name}.${table}`, day };
  const place = world.source.folderOf(findPolicy(world.config, input.table));
  return {
    table,
    input,
    key: { database: world.name, table, day },
    prefix: dayPrefix(place, day),
    written: await linesOfTable(world, table),
    job: [
      (source) => exportPartition(source, input, world.attempt),
      (source) => verifyPartition(source, input, world.attempt),
      (source) => commitManifest(source, input, world.attempt),
      (source) => purgeAll(world, parseTableName(input.table), source),
    ],
  };
}

/** Runs a job, or a part of it, by a source of its own, as a new worker would. */
export async function runFresh(world: World, job: readonly Work[]): Promise<void> {
  const source = new Source(world.config);
  try {
    for (const activity of job) await activity(source);
  } finally {
    source.close();
  }
}

/** A table's rows in the archive's own bytes, in order. */
export async function linesOfTable(world: World, table: string): Promise<string[]> {
  const { schema } = await openTable(world.session, findPolicy(world.config, `${world.name}.${table}`));
  const { csv } = await transcode(
    world.session,
    `SELECT ${selectList(schema.columns, schema.cursorColumns)} FROM ${world.name}.${table}`,
    schema.columns,
    schema.cursorColumns,
  );
  return linesOf(csv);
}

function linesOf(csv: Buffer): string[] {
  return csv.toString('latin1').split('\n').filter(Boolean).sort();
}

/** Rows in the table + rows in the ledger as deleted, both seen at one moment. */
export async function rowsAccountedFor(world: World, { table }: SmallDay): Promise<number> {
  const [row] = await world.sql(
    `SELECT (SELECT COUNT(*) FROM ${world.name}.${table}) + IFNULL((SELECT SUM(rows_deleted) FROM
      ${world.config.source.ledger}.partitions WHERE table_name = ?), 0) AS number`,
    [table],
  );
  return Number(row?.number);
}

/** All that anyone can see of a day: its table, its ledger, its objects and their bytes, and uploads that nobody finished. */
export interface Account {
  left: number;
  state: string | undefined;
  stopped: string | null | undefined;
  deleted: number | undefined;
  manifest: { key: string; version: string | undefined }[];
  /** What the manifest names, its objects' keys and rows. */
  named: { keys: string[]; lines: string[] };
  /** What a reader takes for the table's data: keys whose last segment begins with neither _ nor a dot. */
  readable: { keys: string[]; lines: string[] };
  keys: string[];
  uploads: string[];
}

export async function accountOf(world: World, smallDay: SmallDay): Promise<Account> {
  const { store } = world.source;
  const { prefix, key, table } = smallDay;
  const partition = await world.ledger.readPartition(key);
  const place = manifestKey(world.source.folderOf(findPolicy(world.config, smallDay.input.table)), key.day);
  const standing = await store.head(place);
  const parts = standing ? parseManifest((await store.read(place)).toString('utf8')).parts : [];
  const keys = await store.list(prefix);
  const bodies = new Map<string, string[]>();
  const hidden = /(^|\/)[_.][^/]*$/;
  for (const each of keys) {
    if (hidden.test(each)) continue;
    const body = await store.read(each);
    bodies.set(each, linesOf(compressionOf(each) === 'gzip' ? gunzipSync(body) : body));
  }
  const linesIn = (wanted: readonly string[]) => wanted.flatMap((each) => bodies.get(each) ?? []).sort();
  const namedKeys = parts.map((part) => part.object.key).sort();
  return {
    left: Number((await world.sql(`SELECT COUNT(*) AS number FROM ${world.name}.${table}`))[0]?.number),
    state: partition?.state,
    stopped: partition?.stopped,
    deleted: partition?.rowsDeleted,
    manifest: standing ? [{ key: place, version: standing.versionId }] : [],
    named: { keys: namedKeys, lines: linesIn(namedKeys) },
    readable: { keys: [...bodies.keys()].sort(), lines: linesIn([...bodies.keys()]) },
    keys: [...keys].sort(),
    uploads: (await store.listUploads(prefix)).map((upload) => upload.key),
  };
}

/** What is wrong with the account of a day whose job has ended; nothing where it balances. */
export function imbalances(account: Account, written: readonly string[]): string[] {
  const { left, state, stopped, deleted, manifest, named, readable, keys, uploads } = account;
  const rules: [string, boolean][] = [
    [
      `${left} rows left, ${deleted} in the ledger as deleted of ${written.length} written`,
      left + Number(deleted) === written.length,
    ],
    [`the day is ${state}${stopped ? `, stopped: ${stopped}` : ''}`, state === 'purged' && !stopped],
    [`${manifest.length} manifests`, manifest.length === 1],
    [`the manifest names ${named.lines.length} rows, or others than were deleted`, sameLines(named.lines, written)],
    [
      `a reader sees ${readable.lines.length} rows in ${readable.keys.length} objects`,
      sameLines(readable.lines, written),
    ],
    // The parts, their chunk indexes, the manifest and the purge's trace.
    [`objects that nothing accounts for: ${keys.join(', ')}`, keys.length === 2 * named.keys.length + 2],
    [`unfinished uploads: ${uploads.join(', ')}`, uploads.length === 0],
  ];
  return rules.filter(([, holds]) => !holds).map(([rule]) => rule);
}

function sameLines(found: readonly string[], wanted: readonly string[]): boolean {
  return found.length === wanted.length && found.every((line, index) => line === wanted[index]);
}
