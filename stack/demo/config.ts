import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Config, parseConfig } from '../../src/config/load.ts';
import { bankTables } from '../bank.ts';
import type { DemoServers } from './servers.ts';

/** Writes the demo's policy file into the folder. */
export function writeConfig(at: DemoServers, folder: string, retention: string): { config: Config; file: string } {
  const tables = bankTables.map(
    ({ table, timeColumn, timeKind }) =>
      `  - { table: bank.${table}, timeColumn: ${timeColumn}${timeKind ? `, timeKind: ${timeKind}` : ''} }`,
  );
  const text = `source: { name: bank, url: "mysql://root@127.0.0.1:${at.mysql.port}" }
store: { bucket: archive, region: us-east-1, endpoint: "${at.s3.endpoint}", forcePathStyle: true }
defaults: { retention: ${retention}, purge: enabled, pace: full, chunkRows: 500 }
tables:
${tables.join('\n')}
`;
  const file = join(folder, 'sediment.yaml');
  writeFileSync(file, text);
  return { config: parseConfig(text, file, {}), file };
}
