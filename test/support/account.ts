import { purgeSlice } from '../../src/activities/purgeSlice.ts';
import type { Config } from '../../src/config/load.ts';
import { grantsSql } from '../../src/mysql/schema/grants.ts';
import { attempt } from './faultMatrix.ts';
import { type Fate, Wire } from './wire.ts';
import type { World } from './world.ts';

/** A user of the server with the rights on ledger and server that `doctor --grants` prints, and none on any table. */
export interface Account {
  /** As SQL names it. */
  user: string;
  /** The world's config under this user. */
  config: Config;
  /** One slice of a table's purge, with work between its first transaction and its second. */
  slice(table: string, between: () => Promise<unknown>): Promise<unknown>;
}

export async function openAccount(world: World, suffix = ''): Promise<Account> {
  const name = `${world.name}${suffix}`;
  const user = `'${name}'@'%'`;
  await world.sql(`CREATE USER ${user} IDENTIFIED BY 'few'`);
  await runSql(world, grantsSql([], world.config.source.ledger, name));
  const config: Config = { ...world.config, source: { ...world.config.source, user: name, password: 'few' } };
  return {
    user,
    config,
    async slice(table, between) {
      let calls = 0;
      const wire = await Wire.open(config, async (_, what): Promise<Fate> => {
        if (what.startsWith('sql CALL') && ++calls === 2) await between();
        return 'answered';
      });
      const input = { table: `${world.name}.${table}`, cutoff: '2026-06-01', forMillis: 60_000 };
      return attempt(wire, (source) => purgeSlice(source, input, world.attempt));
    },
  };
}

/** The statements of a script, comments left out. */
export async function runSql(world: World, script: string): Promise<void> {
  for (const statement of statementsOf(script)) await world.sql(statement);
}

export function statementsOf(script: string): string[] {
  return script
    .split('\n')
    .filter((line) => !line.startsWith('--'))
    .join('\n')
    .split(';')
    .map((each) => each.trim())
    .filter(Boolean);
}
