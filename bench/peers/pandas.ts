import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeOnce, stackFolder } from '../../stack/fetch.ts';
import { orders } from '../orders.ts';
import { runTool } from '../program.ts';
import type { Contestant, Measured } from '../race.ts';
import { bucket, type Stage } from '../stage.ts';

const here = fileURLToPath(new URL('.', import.meta.url));

/** pandas and boto3 as Airflow's SqlToS3Operator uses them: read_sql, to_csv, upload_file. */
export async function pandasContestant(stage: Stage): Promise<Contestant> {
  const folder = join(stackFolder, 'bench-python');
  await makeOnce(folder, async (fresh) => {
    process.stderr.write('bench: fetching pandas, boto3 and PyMySQL from PyPI into .stack/ (once)\n');
    const flags = ['-q', '--disable-pip-version-check', '--only-binary=:all:', '--target', join(fresh, 'packages')];
    await runTool('python3', ['-m', 'pip', 'install', ...flags, '-r', join(here, 'requirements.txt')], stage.signal);
  });
  if (!existsSync(join(folder, 'packages'))) throw new Error(`${folder} holds no packages; remove it and run again`);
  return {
    name: 'pandas-boto3',
    work: 'a data frame, a CSV file, gzip, uploaded: as SqlToS3Operator does it; start and imports not counted',
    async run(run) {
      const task = {
        port: stage.mysql.port,
        sql: `SELECT * FROM ${orders.database}.${orders.table}`,
        endpoint: stage.s3.endpoint,
        bucket,
        key: `pandas/${run}.csv.gz`,
      };
      const environment = { PYTHONPATH: join(folder, 'packages') };
      const args = ['-W', 'ignore', join(here, 'sql_to_s3.py'), JSON.stringify(task)];
      return JSON.parse(await runTool('python3', args, stage.signal, environment)) as Measured;
    },
  };
}
