import { writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { DemoServers } from './servers.ts';

/** What `--keep` prints: commands that work on the servers that stay, in another terminal at the same place. */
export function stayText(at: DemoServers, folder: string, config: string): string {
  const file = join(folder, 'env');
  const { accessKeyId, secretAccessKey, endpoint } = at.s3;
  const variables = {
    SEDIMENT_CONFIG: config,
    TEMPORAL_ADDRESS: at.temporal.address,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
  };
  const lines = Object.entries(variables).map(([name, value]) => `export ${name}='${value}'\n`);
  writeFileSync(file, lines.join(''));
  return [
    '',
    'The servers and a worker stay until Ctrl-C. In another terminal, from here:',
    `  . ${relative(process.cwd(), file)}   # the config, the addresses and the keys`,
    '  bin/sediment.mjs status',
    '  bin/sediment.mjs plan',
    '  bin/sediment.mjs pause bank.transactions --reason "a try" --for 10m',
    '  bin/sediment.mjs resume bank.transactions',
    `Temporal's web UI: ${at.temporal.ui}`,
    `MySQL: mysql -h ${at.mysql.host} -P ${at.mysql.port} -u ${at.mysql.user} bank   # no password`,
    `S3: ${endpoint}, bucket archive; the keys are in that file`,
  ].join('\n');
}

/** What to try next, where nothing stays. */
export const nextText = [
  '',
  'Next: npm run demo -- --keep leaves it up, to try status, plan and pause.',
  'Your own tables: "First policy" in README.md.',
].join('\n');
