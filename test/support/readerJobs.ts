import type { ReadType } from '../../src/readers/readType.ts';
import { listed, type Naming, plainName, type Script } from '../../src/readers/script.ts';
import { partitionNames, rawColumns, selectList } from '../../src/readers/selectList.ts';
import { sparkDialect } from '../../src/readers/sparkSql.ts';
import { clickhouseScript } from '../../src/readers/targets/clickhouse.ts';
import { pythonScript } from '../../src/readers/targets/python.ts';
import { sparkScript } from '../../src/readers/targets/spark.ts';
import { trinoScript } from '../../src/readers/targets/trino.ts';
import type { SceneFiles } from './sceneFiles.ts';

/** What a reader is given to run: the script of `sediment ddl`, over local objects, and a look at its view. */
export interface ReaderJob {
  statements: string[];
  query: string;
}

/** How a reader prints a view's value as text. */
type Printed = (column: string, type: ReadType) => string;

function jobOf({ pieces }: Script, local: (statement: string) => string, query: string): ReaderJob {
  return { statements: pieces.map(({ statement }) => local(statement)), query };
}

function naming(scene: SceneFiles, number: number): Naming {
  return { schema: `scene${number}`, view: scene.table, dates: 'null' };
}

function look(scene: SceneFiles, view: string, quote: string, printed: Printed): string {
  const name = (column: string) => quote + column.replaceAll(quote, quote + quote) + quote;
  return `SELECT ${scene.shape.columns.map(({ name: own, type }) => printed(name(own), type)).join(', ')} FROM ${view}`;
}

/** @param root the folder that the catalogue's local file system begins at */
export function trinoJob(scene: SceneFiles, number: number, root: string): ReaderJob {
  const below = scene.folder.slice(root.length + 1);
  const printed: Printed = (column, { kind }) => {
    if (kind === 'text') return `to_hex(to_utf8(${column}))`;
    // A real prints seven digits.
    if (kind === 'float') return `CAST(CAST(${column} AS double) AS varchar)`;
    return kind === 'binary' ? `to_hex(${column})` : `CAST(${column} AS varchar)`;
  };
  const local = (statement: string) => statement.replaceAll(`s3://${scene.shape.bucket}/`, `local:///${below}/`);
  const view = `hive.scene${number}.${plainName(scene.table)}`;
  return jobOf(trinoScript(scene.shape, naming(scene, number)), local, look(scene, view, '"', printed));
}

export function clickhouseJob(scene: SceneFiles, number: number): ReaderJob {
  const printed: Printed = (column, { kind }) =>
    kind === 'text' || kind === 'binary' ? `hex(${column})` : `toString(${column})`;
  const url = /FROM s3\('[^']*?\/\/[^/]+\/([^/']+)\/([^']*)'/;
  const local = (statement: string) =>
    statement.replace(url, (_, __, path: string) => `FROM file('${scene.folder}/${path.replaceAll('%25', '%')}'`);
  const view = `scene${number}.\`${scene.table}\``;
  return jobOf(clickhouseScript(scene.shape, naming(scene, number)), local, look(scene, view, '`', printed));
}

const sparkPrinted: Printed = (column, { kind }) => {
  if (kind === 'text' || kind === 'binary') return `hex(${column})`;
  if (kind === 'datetime') return `date_format(${column}, 'yyyy-MM-dd HH:mm:ss.SSSSSS')`;
  return `CAST(${column} AS STRING)`;
};

export function sparkJob(scene: SceneFiles, number: number): ReaderJob {
  const local = (statement: string) => statement.replaceAll(`s3a://${scene.shape.bucket}/`, `file:${scene.folder}/`);
  const query = look(scene, `\`${scene.table}\``, '`', sparkPrinted);
  return jobOf(sparkScript(scene.shape, naming(scene, number)), local, query);
}

/** Hive's own serde, by Spark's metastore: the raw table of Athena and Glue, under the view that Spark's SQL would give. */
export function serdeJob(scene: SceneFiles, number: number): ReaderJob {
  const { shape } = scene;
  const raw = `scene${number}_csv`;
  const dialect = { ...sparkDialect(shape), field: (position: number) => `NULLIF(c${position}, r'\\N')` };
  const strings = (names: readonly string[]) => names.map((name) => `${name} STRING`).join(', ');
  const create =
    `CREATE EXTERNAL TABLE ${raw} (${strings(rawColumns(shape))}) PARTITIONED BY (${strings(partitionNames(shape))}) ` +
    `ROW FORMAT SERDE 'org.apache.hadoop.hive.serde2.OpenCSVSerde' ` +
    `WITH SERDEPROPERTIES ('separatorChar' = ',', 'quoteChar' = '"', 'escapeChar' = '\\u001A') ` +
    `STORED AS TEXTFILE LOCATION 'file:${scene.folder}/${shape.folder}'`;
  const view = `CREATE OR REPLACE TEMPORARY VIEW scene${number} AS SELECT ${listed(selectList(shape, dialect, 'null'))} FROM ${raw}`;
  return {
    statements: [create, `MSCK REPAIR TABLE ${raw}`, view],
    query: look(scene, `scene${number}`, '`', sparkPrinted),
  };
}

export function pyarrowJob(scene: SceneFiles, number: number): { module: string; folder: string } {
  const { pieces } = pythonScript(scene.shape, naming(scene, number));
  const module = pieces
    .map(({ statement }) => statement)
    .join('\n')
    .replace(`"${scene.shape.bucket}/${scene.shape.folder}"`, `"./${scene.shape.folder}"`);
  return { module, folder: scene.folder };
}
