import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { mysqlRules, mysqlStates } from '../../../src/job/errorTable.ts';
import { judgeMysql } from '../../../src/job/verdict.ts';
import { makeWorld, type World } from '../../support/world.ts';

let world: World;

beforeAll(async () => {
  world = await makeWorld('mysql', { ledger: false });
});
afterAll(() => world.close());

test('every error that the server knows has a rule: a line, its SQLSTATE’s class, or HY000, which is tried again (P94)', async () => {
  const known = await world.sql(
    `SELECT DISTINCT ERROR_NUMBER AS errno, ERROR_NAME AS name, SQL_STATE AS state
     FROM performance_schema.events_errors_summary_global_by_error WHERE ERROR_NUMBER IS NOT NULL`,
  );
  expect(known.length).toBeGreaterThan(1_000);
  // A warning or "no row" is no error of a statement.
  const unruled = known.filter(({ errno, state }) => {
    const byState = mysqlStates.has(String(state).slice(0, 2));
    return !mysqlRules.has(Number(errno)) && !byState && !/^(HY|00|01|02|XX)/.test(String(state));
  });
  expect(unruled).toEqual([]);
  const named = new Map(known.map((each) => [each.name, judgeMysql(Number(each.errno), String(each.state)).verdict]));
  expect(named.get('ER_LOCK_DEADLOCK')).toBe('retry');
  expect(named.get('ER_TABLEACCESS_DENIED_ERROR')).toBe('stop');
  expect(named.get('ER_PARSE_ERROR')).toBe('defect');
});

/**
 * MariaDB has no view of its errors, but its server reads their texts from a file: a header of 32 bytes, four counts (of
 * the numbers from 1000, 2000, 3000 and 4000 on), a length for each text, and the texts, each ended by a null.
 */
function textsOf(file: Buffer): Map<number, string> {
  const counts = [0, 1, 2, 3].map((section) => file.readUInt16LE(32 + 2 * section));
  const all = counts.reduce((sum, count) => sum + count, 0);
  const texts = file.toString('utf8', 32 + 8 + 2 * all).split('\0');
  const numbers = counts.flatMap((count, section) =>
    Array.from({ length: count }, (_, at) => 1000 * (section + 1) + at),
  );
  return new Map(numbers.map((number, at) => [number, texts[at] ?? '']));
}

/** Texts that speak of damage, rights and the like, and are of statements that Sediment never sends. */
const ofOthers = [
  ...[1132, 1144, 1244, 1256, 1258, 1259, 1269, 1275, 1345, 1372, 1404, 1405, 1448, 1454, 1610, 1621, 1699, 1759, 1760],
  ...[1819, 1827, 1866, 1873, 1931, 3016, 3025, 3056, 3042, 4192],
];

test('every text of MariaDB’s that speaks of damage, a right, a read-only server or an end has a line', async () => {
  const mariadb = await makeWorld('mariadb', { ledger: false });
  const [folder] = await mariadb.sql('SELECT @@lc_messages_dir AS base, @@lc_messages AS locale');
  mariadb.close();
  const texts = textsOf(readFileSync(join(String(folder?.base), 'english', 'errmsg.sys')));
  expect(texts.get(1213)).toMatch(/^Deadlock found/);
  expect(texts.get(4025)).toMatch(/^CONSTRAINT .* failed/);
  const telling =
    /corrupt|crashed|upgrade required|please use mariadb-upgrade|denied|blocked|privilege|read.only|interrupted|password/i;
  const unruled = [...texts].filter(
    ([number, text]) => telling.test(text) && !mysqlRules.has(number) && !ofOthers.includes(number),
  );
  expect(unruled).toEqual([]);
});
