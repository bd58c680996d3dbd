import { expect, test } from 'vitest';
import { parseConfig } from '../../../src/config/load.ts';
import type { LedgerBacklog } from '../../../src/ledger/backlog.ts';
import { parseDay } from '../../../src/model/day.ts';
import { tableGauges } from '../../../src/telemetry/backlogGauges.ts';

const { tables } = parseConfig(
  `
source: { name: bank, url: "mysql://root@127.0.0.1" }
store: { bucket: archive, region: us-east-1 }
defaults: { retention: P30D, timeColumn: t, purge: enabled }
tables: [{ table: shop.orders, zone: America/New_York }, { table: shop.carts, retention: P90D }, { table: shop.new }, { table: shop.kept, purge: disabled }]
`,
  'test',
  {},
);

const place = { database: 'shop', table: 'orders' };
const backlog: LedgerBacklog = {
  accounts: [
    {
      ...place,
      firstDay: parseDay('2026-11-01'),
      archivedDays: 18,
      lastDay: parseDay('2026-11-18'),
      rowsArchived: 900,
      rowsDeleted: 40,
      stoppedDays: 1,
      damagedDays: 2,
    },
  ],
  openDays: [
    { ...place, day: parseDay('2026-10-19'), rowsLeft: 10 },
    { ...place, day: parseDay('2026-10-20'), rowsLeft: 20 },
    { ...place, day: parseDay('2026-10-21'), rowsLeft: 40 },
    { database: 'shop', table: 'carts', day: parseDay('2026-10-01'), rowsLeft: 80 },
    { database: 'shop', table: 'kept', day: parseDay('2026-10-01'), rowsLeft: 80 },
  ],
  holds: ['shop.carts'],
};

/** It is still the 20th in New York, whose 18th ended at 05:00 UTC on the 19th. */
const now = '2026-11-21T03:00:00Z';

test('the backlog is what lies before each table’s own cutoff, by its own zone’s today', () => {
  const gauges = tableGauges(tables, backlog, now);
  const of = (table: string) =>
    Object.fromEntries(gauges.filter((each) => each.table === table).map(({ name, value }) => [name, value]));
  expect(of('shop.orders')).toEqual({
    sediment_backlog_days: 2,
    sediment_backlog_rows: 30,
    sediment_paused: 0,
    sediment_unarchived_days: 1,
    sediment_stopped_days: 1,
    sediment_damaged_days: 2,
    sediment_ledger_archived_rows: 900,
    sediment_ledger_deleted_rows: 40,
    sediment_last_verified_age_seconds: 46 * 3600,
  });
  expect(of('shop.carts')).toEqual({ sediment_backlog_days: 0, sediment_backlog_rows: 0, sediment_paused: 1 });
  expect(of('shop.new')).toEqual({ sediment_backlog_days: 0, sediment_backlog_rows: 0, sediment_paused: 0 });
  // What nobody wants purged is no debt: an alert on it would never end.
  expect(of('shop.kept')).toEqual({ sediment_paused: 0 });
});

test('a hold on all tables pauses each', () => {
  const paused = tableGauges(tables, { accounts: [], openDays: [], holds: ['*'] }, now);
  expect(paused.filter((each) => each.name === 'sediment_paused').map((each) => each.value)).toEqual([1, 1, 1, 1]);
});
