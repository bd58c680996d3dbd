import type { ArchiveShape } from './archiveShape.ts';
import { type Naming, plainText, type Script, sqlText } from './script.ts';
import { athenaScript } from './targets/athena.ts';
import { bigqueryScript } from './targets/bigquery.ts';
import { clickhouseScript } from './targets/clickhouse.ts';
import { databricksScript } from './targets/databricks.ts';
import { duckdbScript } from './targets/duckdb.ts';
import { glueScript } from './targets/glue.ts';
import { mysqlScript } from './targets/mysql.ts';
import { pythonScript } from './targets/python.ts';
import { redshiftScript } from './targets/redshift.ts';
import { snowflakeScript } from './targets/snowflake.ts';
import { sparkScript } from './targets/spark.ts';
import { trinoScript } from './targets/trino.ts';

/** A reader that Sediment writes statements for. */
export interface Target {
  /** What runs the script. */
  run: string;
  make: (shape: ArchiveShape, naming: Naming) => Script;
  text: (script: Script) => string;
}

const shell = (script: Script) => plainText(script, '#!/usr/bin/env bash\nset -euo pipefail\n');

/** The readers by the name that `--for` takes. */
export const targets = {
  athena: { run: 'Athena’s query editor, a statement at a time', make: athenaScript, text: sqlText },
  glue: { run: 'bash, with the AWS CLI', make: glueScript, text: shell },
  spark: { run: 'spark-sql -f', make: sparkScript, text: sqlText },
  databricks: { run: 'a notebook or a SQL warehouse', make: databricksScript, text: sqlText },
  redshift: { run: 'psql, over Spectrum', make: redshiftScript, text: sqlText },
  snowflake: { run: 'snowsql -f', make: snowflakeScript, text: sqlText },
  bigquery: { run: 'bq query --use_legacy_sql=false', make: bigqueryScript, text: sqlText },
  trino: { run: 'trino --file', make: trinoScript, text: sqlText },
  duckdb: { run: 'duckdb -init', make: duckdbScript, text: sqlText },
  clickhouse: { run: 'clickhouse client --queries-file', make: clickhouseScript, text: sqlText },
  mysql: { run: 'mysql --local-infile=1', make: mysqlScript, text: sqlText },
  python: { run: 'python3, with pyarrow', make: pythonScript, text: plainText },
} satisfies Record<string, Target>;

export type TargetName = keyof typeof targets;

export function isTarget(name: string): name is TargetName {
  return Object.hasOwn(targets, name);
}
