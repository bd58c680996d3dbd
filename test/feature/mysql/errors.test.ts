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
    'SELECT DISTINCT ERROR_NUMBER AS errno, ERROR_NAME AS name, SQL_STATE AS state FROM performance_schema.events_errors_summary_global_by_error WHERE ERROR_NUMBER IS NOT NULL',
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
