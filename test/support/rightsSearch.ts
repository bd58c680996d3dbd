import { Source } from '../../src/job/source.ts';
import { grantsSql } from '../../src/mysql/schema/grants.ts';
import { statementsOf } from './account.ts';
import { archive, archivedRows, day, fill, purgeToEnd } from './archived.ts';
import type { World } from './world.ts';

/** One right of those that `doctor --grants` prints. */
export interface PrintedRight {
  right: string;
  /** As the statement has it: `db`.`table`, `ledger`.*, or *.* */
  on: string;
}

/**
 * How a right is taken away: never granted; revoked between export and purge; held by a role that isn't active; held by an
 * active role that loses it between export and purge; granted for the whole server and revoked in part (MySQL).
 */
export const ways = ['never', 'revoked', 'inactive role', 'revoked from a role', 'partial revoke'] as const;
export type Way = (typeof ways)[number];

/** What is created between export and purge, and would change rows that aren't archived. */
export const dangers = ['none', 'trigger', 'cascade'] as const;
export type Danger = (typeof dangers)[number];

export interface Instance {
  number: number;
  right: PrintedRight;
  way: Way;
  danger: Danger;
}

const rows = 30;

/** Every right of the printed statements, one by one. */
export function printedRights(database: string, table: string, ledger: string): PrintedRight[] {
  return statementsOf(grantsSql([{ database, table }], ledger, 'nobody')).flatMap((statement) => {
    const [, list = '', on = ''] = /^GRANT (.+?) ON (\S+) TO/.exec(statement) ?? [];
    return list.split(', ').map((right) => ({ right, on }));
  });
}

/**
 * Archives and purges a table of its own as a user that lacks one right.
 * @returns `works`, or what it was refused with; and all that is wrong with that: rows that are lost, or no name
 */
export async function tryWithout(world: World, instance: Instance): Promise<{ outcome: string; wrong: string[] }> {
  const { number, way, danger } = instance;
  const table = `r${number}`;
  await fill(world, table, rows);
  const { right } = instance.right;
  const place = instance.right.on.includes('`orders`') ? `\`${world.name}\`.\`${table}\`` : instance.right.on;
  const user = `'${world.name}r${number}'@'%'`;
  const role = `${world.name}role${number}`;
  await world.sql(`CREATE USER ${user} IDENTIFIED BY 'few'`);
  for (const each of printedRights(world.name, table, world.config.source.ledger)) {
    const own = each.right === right && each.on === place;
    if (!own || way === 'revoked') await world.sql(`GRANT ${each.right} ON ${each.on} TO ${user}`);
  }
  const schema = /^(`[^`]+`)\./.exec(place)?.[1];
  if (way === 'partial revoke') {
    await world.sql(`GRANT ${right} ON *.* TO ${user}`);
    await world.sql(`REVOKE ${right} ON ${schema}.* FROM ${user}`);
  }
  if (way === 'inactive role' || way === 'revoked from a role') {
    await world.sql(`CREATE ROLE ${role}`);
    await world.sql(`GRANT ${right} ON ${place} TO ${role}`);
    await world.sql(`GRANT ${role} TO ${user}`);
    const whose = world.session.flavor === 'mysql' ? `TO ${user}` : `FOR ${user}`;
    if (way === 'revoked from a role') await world.sql(`SET DEFAULT ROLE ${role} ${whose}`);
  }
  const config = {
    ...world.config,
    source: { ...world.config.source, user: `${world.name}r${number}`, password: 'few' },
  };
  const source = new Source(config);
  let error: unknown;
  try {
    await archive(world, table, source);
    await bringDanger(world, table, danger);
    if (way === 'revoked') await world.sql(`REVOKE ${right} ON ${place} FROM ${user}`);
    if (way === 'revoked from a role') await world.sql(`REVOKE ${right} ON ${place} FROM ${role}`);
    await purgeToEnd(world, table, source);
  } catch (thrown) {
    error = thrown;
  } finally {
    source.close();
    await world.sql(`DROP USER ${user}`);
  }
  const wrong = await losses(world, table, danger);
  const message = error === undefined ? '' : String(error);
  const named =
    new RegExp(`\\b${right}\\b`, 'i').test(message) || (danger !== 'none' && /trigger|ON DELETE/.test(message));
  if (error !== undefined && !named) wrong.push(`refused without a name: ${message}`);
  return { outcome: error === undefined ? 'works' : `refused: ${message}`, wrong };
}

async function bringDanger(world: World, table: string, danger: Danger): Promise<void> {
  const name = `${world.name}.${table}`;
  if (danger === 'trigger') {
    await world.sql(`CREATE TABLE ${name}_heard (id INT)`);
    await world.sql(
      `CREATE TRIGGER ${name}_gone AFTER DELETE ON ${name} FOR EACH ROW INSERT INTO ${name}_heard VALUES (OLD.id)`,
    );
  }
  if (danger === 'cascade') {
    await world.sql(
      `CREATE TABLE ${name}_child (id BIGINT PRIMARY KEY, FOREIGN KEY (id) REFERENCES ${name} (id) ON DELETE CASCADE)`,
    );
    await world.sql(`INSERT INTO ${name}_child SELECT id FROM ${name}`);
  }
}

/** Rows that stand neither in the table nor in the archive, and what a danger did. */
async function losses(world: World, table: string, danger: Danger): Promise<string[]> {
  const name = `${world.name}.${table}`;
  const left = await world.sql(`SELECT id FROM ${name}`);
  const key = { database: world.name, table, day: day as never };
  const known = await world.ledger.readPartition(key);
  const archived = known?.manifestVersion ? await archivedRows(world, table) : [];
  const kept = new Set([...left, ...archived].map(({ id }) => Number(id)));
  const wrong = kept.size === rows ? [] : [`${rows - kept.size} rows are lost`];
  if (danger === 'trigger' && known?.manifestVersion) {
    const [heard] = await world.sql(`SELECT COUNT(*) AS number FROM ${name}_heard`).catch(() => [{ number: '0' }]);
    if (Number(heard?.number) > 0) wrong.push(`a trigger ran ${heard?.number} times`);
  }
  if (danger === 'cascade' && known?.manifestVersion) {
    const [child] = await world
      .sql(`SELECT COUNT(*) AS number FROM ${name}_child`)
      .catch(() => [{ number: String(rows) }]);
    if (Number(child?.number) !== rows) wrong.push(`${rows - Number(child?.number)} rows of the child are gone`);
  }
  return wrong;
}
