import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fetchDebian, findProgram, makeOnce, runUnpacked } from './fetch.ts';
import { asRoot, type SqlOptions, type SqlServer, startSql, templateFolder } from './mysql.ts';
import { runProgram, type Server } from './process.ts';

export async function startMariadb(
  folder: string,
  started: (server: Server) => void,
  options: SqlOptions = {},
): Promise<SqlServer> {
  const { program, fetched } = await findProgram({
    name: 'mariadbd',
    variable: 'SEDIMENT_MARIADBD',
    folder: 'mariadb',
    source: "Debian's packages, mariadb-server-core of bookworm",
    install: 'MariaDB 10.11 or newer (mariadbd)',
    megabytes: 70,
    fetch: (to) => fetchDebian(to, 'bookworm', 'mariadb-server-core'),
  });
  const { command, args } = fetched ? runUnpacked(program, 'mariadbd') : { command: program, args: [] };
  const share = shareFolder(fetched ? join(program, 'usr') : dirname(dirname(program)));
  const flags = [...args, '--no-defaults', ...asRoot()];
  flags.push(`--lc-messages-dir=${share}`, `--character-sets-dir=${share}/charsets`);
  const template = templateFolder('mariadb', command, args);
  await makeOnce(template, async (fresh) => {
    const input = join(fresh, 'bootstrap.sql');
    const files = ['mysql_system_tables', 'mysql_performance_tables', 'mysql_system_tables_data', 'mysql_sys_schema'];
    const script = files.map((file) => readFileSync(join(share, `${file}.sql`), 'utf8'));
    const head = 'CREATE DATABASE mysql;\nUSE mysql;\nSET @auth_root_socket = NULL;\n';
    writeFileSync(input, `${head}${script.join('\n')}\n`);
    mkdirSync(join(fresh, 'data'));
    const log = join(folder, 'mariadb-init.log');
    const own = [`--datadir=${fresh}/data`, '--bootstrap', '--skip-log-bin'];
    await runProgram(log, command, [...flags, ...own], { input });
  });
  const own = ['--binlog-format=ROW', `--server-id=${options.serverId ?? 1}`];
  const installed = { flavor: 'mariadb', template, command, args: [...flags, ...own] } as const;
  return await startSql(installed, folder, started, options);
}

function shareFolder(prefix: string): string {
  const folders = [`${prefix}/share/mysql`, `${prefix}/share/mariadb`, '/usr/share/mysql', '/usr/share/mariadb'];
  const found = folders.find((folder) => existsSync(join(folder, 'mysql_system_tables.sql')));
  if (!found) throw new Error(`MariaDB's SQL files are in none of ${folders.join(', ')}`);
  return found;
}
