import { readFileSync, writeFileSync } from 'node:fs';
import type { Config } from '../../config/load.ts';
import { nearest } from '../../config/nearest.ts';
import { findPolicy, type TablePolicy } from '../../config/policy.ts';
import { formatTableName } from '../../model/tableName.ts';
import { type ArchiveShape, describeArchive } from '../../readers/archiveShape.ts';
import { columnsOfDdl, InvalidOldFiles, type OldFiles, parseOldUri, withOldFiles } from '../../readers/oldFiles.ts';
import { oldReaders } from '../../readers/oldTables.ts';
import { readLongestLine, readManifests } from '../../readers/readArchive.ts';
import type { Naming, Script } from '../../readers/script.ts';
import { isTarget, type TargetName, targets } from '../../readers/targets.ts';
import { ObjectStore } from '../../s3/store.ts';
import { WrongUse } from '../explain/explain.ts';
import { type CommonOptions, exitCodes, print } from '../output.ts';
import { catalogued } from './ddlCatalog.ts';
import { archivedDay } from './wanted.ts';

export interface DdlOptions extends CommonOptions {
  for?: string;
  schema?: string;
  name?: string;
  dates?: string;
  out?: string;
  apply?: boolean;
  check?: string | true;
  old?: string;
  oldUntil?: string;
  oldBare?: boolean;
}

/** Lines up to here DuckDB reads by itself. */
const ordinaryLine = 2_000_000;

/** @throws WrongUse */
export function checkDdl(options: DdlOptions, table = 'db.table'): void {
  const { for: target, dates, out, json, apply, check } = options;
  if (target === undefined) throw new WrongUse(`--for is missing. It takes one of:\n${targetLines(table).join('\n')}`);
  if (!isTarget(target)) {
    const near = nearest(target, Object.keys(targets));
    const guess = near ? ` Did you mean ${near}?` : '';
    throw new WrongUse(
      `--for "${target}" is no reader that Sediment knows.${guess} It takes ${Object.keys(targets).join(', ')}.`,
    );
  }
  if (dates !== undefined && dates !== 'null' && dates !== 'text')
    throw new WrongUse(`--dates "${dates}": null (impossible dates are NULL) or text (every date as its text)`);
  if (out !== undefined && json) throw new WrongUse('--out or --json, not both');
  if ([apply, check, out].filter((each) => each !== undefined).length > 1)
    throw new WrongUse('--apply, --check or --out: one of them');
  if (apply && target !== 'glue') throw new WrongUse('--apply registers in Glue: --for glue --apply');
  if (check === true && target !== 'glue')
    throw new WrongUse('--check needs the saved script: --check FILE; without one it looks into Glue: --for glue');
  checkOld(options);
}

/** @throws WrongUse, InvalidDay */
function checkOld({ for: target = '', old, oldUntil, oldBare }: DdlOptions): void {
  if (old === undefined) {
    if (oldUntil !== undefined || oldBare) throw new WrongUse('--old-until and --old-bare go with --old');
    return;
  }
  if (!Object.hasOwn(oldReaders, target))
    throw new WrongUse(`--old is for ${Object.keys(oldReaders).join(', ')}; --for ${target} reads the archive alone`);
  if (oldUntil === undefined)
    throw new WrongUse('--old needs --old-until: the first day that is read from the archive, as 2026-11-01');
  archivedDay('--old-until', oldUntil);
  try {
    parseOldUri(old);
  } catch (error) {
    throw error instanceof InvalidOldFiles ? new WrongUse(error.message) : error;
  }
}

/** The script, with the rows of old files where they are asked for. */
function scriptOf(target: TargetName, shape: ArchiveShape, naming: Naming, options: DdlOptions): Script {
  const script = targets[target].make(shape, naming);
  const { old, oldUntil } = options;
  if (old === undefined || oldUntil === undefined) return script;
  const files: OldFiles = {
    ...parseOldUri(old),
    until: archivedDay('--old-until', oldUntil),
    enclosed: !options.oldBare,
    columns: columnsOfDdl(shape.ddl),
  };
  const reader = oldReaders[target as keyof typeof oldReaders](shape, naming, files);
  return withOldFiles(script, shape, naming, reader);
}

function targetLines(table: string): string[] {
  return Object.entries(targets).map(
    ([name, { run }]) => `  ${`sediment ddl ${table} --for ${name}`.padEnd(40)}  ${run}`,
  );
}

/** Writes the statements by which a reader sees a table's archive. It needs neither MySQL nor Temporal. */
export async function ddl(config: Config, options: DdlOptions, named: string): Promise<number> {
  const policy = findPolicy(config, named);
  const target = options.for as TargetName;
  const shape = await readShape(config, policy);
  const naming = namingOf(policy, options);
  const { text, run } = targets[target];
  if (options.apply || options.check === true) return catalogued(config, options, { policy, shape, view: naming.view });
  const script = scriptOf(target, shape, naming, options);
  if (options.check !== undefined) return checkFile(options, options.check, script);
  const document = { table: formatTableName(policy), for: target, run, notes: script.notes, pieces: script.pieces };
  if (options.out !== undefined) {
    writeFileSync(options.out, text(script));
    print(options, document, [`${options.out}: ${script.pieces.length} statements for ${target}; ${run}`]);
  } else print(options, document, [text(script).trimEnd()]);
  return exitCodes.ok;
}

/** Whether each statement of today's script is in a saved one: notes change with every day, statements don't. */
function checkFile(options: DdlOptions, file: string, { pieces }: Script): number {
  const saved = readFileSync(file, 'utf8');
  const behind = pieces.filter(({ statement }) => !saved.includes(statement)).map(({ name }) => name);
  const lines = behind.map((name) => `${file}: ${name} isn’t as the archive is now`);
  const end = `${file} ${behind.length === 0 ? 'is up to date.' : `is behind; write it again: the same command with --out ${file}`}`;
  print(options, { file, behind }, [...lines, end]);
  return behind.length === 0 ? exitCodes.ok : exitCodes.failed;
}

function namingOf(policy: TablePolicy, { schema, name, dates }: DdlOptions): Naming {
  return { schema: schema ?? policy.database, view: name ?? policy.table, dates: dates === 'text' ? 'text' : 'null' };
}

/** What the manifests in the bucket say now. @throws NothingArchived */
export async function readShape(config: Config, policy: TablePolicy): Promise<ArchiveShape> {
  const { bucket, region, endpoint, prefix, layout } = config.store;
  const folder = { prefix, layout, database: policy.database, table: policy.table };
  const store = new ObjectStore(config.store);
  try {
    const manifests = await readManifests(store, { folder });
    const longestLine = await readLongestLine(store, manifests, ordinaryLine);
    const keepsBoth = policy.recreated === 'keepBoth';
    return describeArchive(manifests, { folder, bucket, region, endpoint, keepsBoth, longestLine });
  } finally {
    store.close();
  }
}
