import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readLedger } from '../../../src/cli/status/readLedger.ts';
import { reportTable } from '../../../src/cli/status/tableStatus.ts';
import { readLedgerReport } from '../../../src/ledger/report.ts';
import { addDays, type Day, parseDay } from '../../../src/model/day.ts';
import type { PartitionState } from '../../../src/model/partitionState.ts';
import { makeWorld, type World } from '../../support/world.ts';

/** A day of the ledger. */
interface LedgerDay {
  /** Days ago. */
  ago: number;
  state: PartitionState;
  stopped: boolean;
  leftRows: number;
  /** Changed a moment ago. */
  fresh: boolean;
}

/** As purges make it: purged, then archived days; now and then one that is missing, under way, stopped, or has rows left. */
const history: fc.Arbitrary<LedgerDay[]> = fc
  .record({
    length: fc.integer({ min: 1, max: 150 }),
    purged: fc.integer({ min: 0, max: 100 }),
    /** Days since the newest one. */
    ended: fc.constantFrom(1, 1, 33, 60),
    odds: fc.constantFrom(8, 200, 2_000),
  })
  .chain(({ length, purged, ended, odds }) =>
    fc.array(fc.integer({ min: 0, max: odds }), { minLength: length, maxLength: length }).map((marks) =>
      marks.flatMap((mark, index): LedgerDay[] => {
        if (mark === 1) return [];
        const usual = index < purged ? 'purged' : 'archived';
        const state = mark === 2 ? 'purging' : mark === 3 ? 'exporting' : usual;
        return [
          {
            ago: length - index - 1 + ended,
            state,
            stopped: mark === 4,
            leftRows: mark === 5 ? 3 : 0,
            fresh: mark === 6,
          },
        ];
      }),
    ),
  );

describe.each(['mysql', 'mariadb'] as const)('%s', (flavor) => {
  let world: World;
  let today: Day;
  beforeAll(async () => {
    world = await makeWorld(flavor);
    const [clock] = await world.sql('SELECT CAST(UTC_DATE() AS CHAR) AS today');
    today = parseDay(String(clock?.today));
  });
  afterAll(() => world.close());

  async function write(table: string, days: readonly LedgerDay[]): Promise<void> {
    const ledger = world.config.source.ledger;
    const own = `'${world.name}', '${table}'`;
    const first = addDays(today, -(days[0]?.ago ?? 1));
    await world.sql(
      `INSERT INTO ${ledger}.tables (database_name, table_name, source_name, time_column, zone, prefix, layout, first_day)
       VALUES (${own}, 's', 't', 'UTC', '', 'hive', '${first}')`,
    );
    if (days.length === 0) return;
    const rows = days.map(({ ago, state, stopped, leftRows, fresh }) => {
      const deleted = state === 'purged' ? 100 + ago : state === 'purging' ? 40 : 0;
      const said = `'${state}', '', '', '', '', ${100 + ago}, ${deleted}, 2, ${ago % 3}, ${leftRows}`;
      return `(${own}, '${addDays(today, -ago)}', ${said}, ${stopped ? "'rows changed'" : 'NULL'}, UTC_TIMESTAMP(6) - INTERVAL ${fresh ? 2 : 600} MINUTE)`;
    });
    await world.sql(
      `INSERT INTO ${ledger}.partitions (database_name, table_name, day, state, salt, window_start, window_end, fingerprint,
         rows_archived, rows_deleted, proofs, rows_added, left_rows, stopped, updated_at) VALUES ${rows.join(', ')}`,
    );
    const parts = days.flatMap(({ ago }) =>
      [0, 1].map((part) => `(${own}, '${addDays(today, -ago)}', ${part}, '{"uncompressedBytes": ${1_000 + ago}}')`),
    );
    await world.sql(
      `INSERT INTO ${ledger}.parts (database_name, table_name, day, part, body) VALUES ${parts.join(', ')}`,
    );
  }

  test('what MySQL has added up tells of each table what its days tell one by one', async () => {
    const histories = fc.sample(fc.noBias(history), { numRuns: 80, seed: 7 });
    for (const [index, days] of histories.entries()) {
      const table = `t${String(index).padStart(3, '0')}`;
      await write(table, days);
      world.add({ table, timeColumn: 't', retention: index % 2 ? 'P20D' : 'P35D' });
    }
    const session = world.session;
    const whole = await readLedgerReport(session, world.config.source.ledger);
    const summarized = await readLedger(session, world.config);
    for (const policy of world.config.tables) {
      const seen = reportTable(policy, '01:30', { ...summarized, now: whole.now });
      const meant = reportTable(policy, '01:30', whole);
      expect({ ...seen, bytesDue: Math.round(seen.bytesDue) }).toEqual({
        ...meant,
        bytesDue: Math.round(meant.bytesDue),
      });
    }
    // Else this test says nothing.
    expect(summarized.summaries.size).toBeGreaterThan(15);
    const count = (of: typeof whole) => [...of.days.values()].reduce((total, days) => total + days.length, 0);
    expect(count(summarized)).toBeLessThan(0.9 * count(whole));
  });
});
