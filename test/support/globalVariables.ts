import type { Flavor } from '../../src/mysql/session/session.ts';

/** Runs a statement of an administrator's, on a session that was opened before any global was changed. */
export type Administer = (statement: string) => Promise<Record<string, string | null>[]>;

/** A dynamic variable that each new session inherits, and other legal values for it, as SQL. */
export interface InheritedVariable {
  name: string;
  /** What it is set back to, as SQL. */
  original: string;
  others: readonly string[];
}

/** A variable as the server's own catalogue describes it. */
interface Described {
  name: string;
  type: 'boolean' | 'enumeration' | 'number' | 'set' | 'text';
  value: string | null;
  min?: string | undefined;
  max?: string | undefined;
  members?: readonly string[] | undefined;
}

/** Every variable of session scope that SET GLOBAL changes, read from the running server. */
export async function inheritedVariables(administer: Administer, flavor: Flavor): Promise<InheritedVariable[]> {
  const described = await (flavor === 'mysql' ? describedByMysql(administer) : describedByMariadb(administer));
  const found: InheritedVariable[] = [];
  for (const each of described) {
    const literal = each.value === null ? 'NULL' : asLiteral(each, each.value);
    // Some print a value that they don't take.
    const original = (await accepts(administer, each.name, literal)) ? literal : 'DEFAULT';
    if (!(await accepts(administer, each.name, original))) continue;
    const others: string[] = [];
    for (const candidate of candidatesOf(each))
      if (candidate !== original && (await accepts(administer, each.name, candidate))) others.push(candidate);
    await administer(`SET GLOBAL ${each.name} = ${original}`);
    found.push({ name: each.name, original, others: [...new Set(others)] });
  }
  return found;
}

async function describedByMysql(administer: Administer): Promise<Described[]> {
  const rows = await administer(
    `SELECT LOWER(m.VARIABLE_NAME) AS name, m.DATA_TYPE AS type, g.VARIABLE_VALUE AS value, m.MIN_VALUE AS min, m.MAX_VALUE AS max
     FROM performance_schema.variables_metadata m
     JOIN performance_schema.global_variables g ON g.VARIABLE_NAME = m.VARIABLE_NAME
     WHERE m.VARIABLE_SCOPE = 'SESSION' ORDER BY 1`,
  );
  const types: Record<string, Described['type']> = {
    Boolean: 'boolean',
    Enumeration: 'enumeration',
    Integer: 'number',
    Numeric: 'number',
    Set: 'set',
  };
  return rows.map((row) => ({
    name: String(row.name),
    type: types[String(row.type)] ?? 'text',
    value: row.value ?? null,
    min: row.min || undefined,
    max: row.max || undefined,
  }));
}

async function describedByMariadb(administer: Administer): Promise<Described[]> {
  const rows = await administer(
    `SELECT LOWER(VARIABLE_NAME) AS name, VARIABLE_TYPE AS type, GLOBAL_VALUE AS value,
            NUMERIC_MIN_VALUE AS min, NUMERIC_MAX_VALUE AS max, ENUM_VALUE_LIST AS members
     FROM information_schema.SYSTEM_VARIABLES WHERE VARIABLE_SCOPE = 'SESSION' AND READ_ONLY = 'NO' ORDER BY 1`,
  );
  const types: Record<string, Described['type']> = {
    BOOLEAN: 'boolean',
    ENUM: 'enumeration',
    SET: 'set',
    FLAGSET: 'set',
  };
  return rows.map((row) => ({
    name: String(row.name),
    type: types[String(row.type)] ?? (row.min === null ? 'text' : 'number'),
    value: row.value ?? null,
    min: row.min ?? undefined,
    max: row.max ?? undefined,
    members: row.members ? String(row.members).split(',') : undefined,
  }));
}

/** More values than any enumeration or set of either server has. */
const mostMembers = 64;

function candidatesOf(variable: Described): string[] {
  const { name, type, value, members } = variable;
  if (/^(character_set|collation|lc_)/.test(name)) return textsOf(variable);
  if (type === 'boolean') return value === 'ON' || value === '1' ? ['OFF'] : ['ON'];
  if (type === 'number') return numbersOf(variable);
  if (type === 'enumeration' && !members) return Array.from({ length: mostMembers }, (_, number) => String(number));
  if (type === 'enumeration' && members) return members.map(quoted);
  if (type === 'set' && value?.includes('=')) return value.split(',').map((flag) => quoted(flipped(flag)));
  if (type === 'set' && members) return ["''", ...members.map(quoted)];
  if (type === 'set') return ["''", ...Array.from({ length: 40 }, (_, bit) => String(2 ** bit))];
  return textsOf(variable);
}

/** Both ends, and a number between them that no default is. */
function numbersOf({ value, min, max }: Described): string[] {
  const odd = String(Math.max(Number(min ?? 0) + 1, Math.floor(Number(value) / 2) - 1));
  return [min, max, '7', odd].flatMap((each) =>
    each === undefined ? [] : [/^[\d.-]+$/.test(each) ? each : quoted(each)],
  );
}

/** Legal values of variables whose catalogue says no more than that they are texts. */
function textsOf({ name, value }: Described): string[] {
  if (name === 'time_zone') return ["'+05:30'", "'-12:00'"];
  if (name.startsWith('character_set')) return ['latin1', 'utf8mb3', 'cp932', 'ucs2', 'utf32', 'binary'];
  if (name.startsWith('collation') || name.includes('collation_for'))
    return ['utf8mb4_bin', 'utf8mb4_0900_bin', 'utf8mb4_unicode_ci', 'latin1_swedish_ci', 'ucs2_bin', 'binary'];
  if (name.startsWith('lc_')) return ["'de_DE'", "'ja_JP'"];
  if (name.includes('engine')) return ['MyISAM', 'MEMORY', 'InnoDB'];
  if (name === 'system_versioning_asof') return ["'2020-01-01 00:00:00'"];
  if (name === 'block_encryption_mode') return ["'aes-256-cbc'"];
  if (name === 'explain_format') return ['JSON', 'TRADITIONAL'];
  return ["''", quoted(`${value ?? ''}x`), '1', '0'];
}

function flipped(flag: string): string {
  return flag.endsWith('=on') ? flag.replace(/on$/, 'off') : flag.replace(/off$/, 'on');
}

function asLiteral({ type }: Described, value: string): string {
  return type === 'number' || (type === 'boolean' && /^\d$/.test(value)) ? value : quoted(value);
}

function quoted(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}

async function accepts(administer: Administer, name: string, value: string): Promise<boolean> {
  return administer(`SET GLOBAL ${name} = ${value}`).then(
    () => true,
    () => false,
  );
}

/**
 * Statements of an `init_connect` that change a session, or begin something in it.
 */
export const initConnects = [
  'SET NAMES utf8mb3',
  'SET NAMES latin1',
  'SET autocommit = 0',
  'SET SESSION sql_select_limit = 3',
  'SET SESSION foreign_key_checks = 0',
  "SET SESSION sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES'",
  'START TRANSACTION READ ONLY',
  'BEGIN',
  'SET TRANSACTION ISOLATION LEVEL SERIALIZABLE',
  'SET timestamp = 86400',
  'USE information_schema',
  'SET ROLE NONE',
] as const;
