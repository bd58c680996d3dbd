import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Flavor } from '../../../src/mysql/session/session.ts';
import { type InheritedVariable, inheritedVariables, initConnects } from '../../support/globalVariables.ts';
import { judge } from '../../support/judgeGlobals.ts';
import { seed } from '../../support/seed.ts';
import { type Laboratory, openLaboratory } from '../../support/underGlobals.ts';

/** What the search in test/long found to matter: the value of each that did harm, all set at once. */
const harmful: Record<Flavor, Record<string, string>> = {
  mysql: {
    autocommit: 'OFF',
    collation_connection: 'ucs2_bin',
    foreign_key_checks: 'OFF',
    max_execution_time: '1',
    range_alloc_block_size: '4294966272',
    sql_buffer_result: 'ON',
    sql_select_limit: '20',
    transaction_read_only: 'ON',
  },
  mariadb: {
    alter_algorithm: "'INPLACE'",
    autocommit: 'OFF',
    collation_connection: 'ucs2_bin',
    foreign_key_checks: 'OFF',
    sql_buffer_result: 'ON',
    sql_select_limit: '20',
    system_versioning_asof: "'2020-01-01 00:00:00'",
    tmp_disk_table_size: '1024',
    tx_read_only: 'ON',
  },
};
const sampled = 3;

describe.each(['mysql', 'mariadb'] as const)('globals of %s', (flavor) => {
  let laboratory: Laboratory;
  let variables: InheritedVariable[];
  beforeAll(async () => {
    laboratory = await openLaboratory(flavor);
    variables = await inheritedVariables(laboratory.administer, flavor);
  });
  afterAll(() => laboratory?.close());

  test('those known to do harm change nothing, all at once', { timeout: 120_000 }, async () => {
    const { administer, tryAll } = laboratory;
    const set = (value: (name: string) => string | undefined) =>
      administer(
        `SET ${Object.keys(harmful[flavor])
          .map((name) => `GLOBAL ${name} = ${value(name)}`)
          .join(', ')}`,
      );
    await set((name) => harmful[flavor][name]);
    const differs = await tryAll().finally(() => set((name) => variables.find((each) => each.name === name)?.original));
    expect(differs).toBeUndefined();
  });

  test('what an init_connect does changes nothing', { timeout: 120_000 }, async () => {
    // Some at once, for time: the search runs them one by one.
    const others = [0, 1, 2].map((turn) => {
      const chosen = initConnects.filter((_, index) => index % 3 === turn);
      return `'${chosen.join('; ').replaceAll("'", "''")}'`;
    });
    const verdicts = await judge(laboratory, [{ name: 'init_connect', original: "''", others }]);
    expect(verdicts).toEqual({ same: 3, refused: [], broken: [] });
  });

  test('an init_connect that fails for this user is named', { timeout: 60_000 }, async () => {
    const others = ["'SELECT 1 FROM mysql.user'"];
    const { refused, broken } = await judge(laboratory, [{ name: 'init_connect', original: "''", others }]);
    expect(broken).toEqual([]);
    expect(refused).toHaveLength(1);
  });

  test('a sample of all others changes nothing', { timeout: 300_000 }, async () => {
    const values = variables.flatMap((each) => each.others.map((value) => ({ ...each, others: [value] })));
    const [chosen = []] = fc.sample(fc.shuffledSubarray(values, { minLength: sampled, maxLength: sampled }), {
      seed,
      numRuns: 1,
    });
    expect(await judge(laboratory, chosen), `SEED=${seed}`).toMatchObject({ broken: [] });
  });
});
