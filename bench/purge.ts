import type { Bench } from './bench.ts';
import { createDayTable } from './day.ts';
import { bulkArchiverContestant, ourPurge, plainDelete, unthrottled } from './peers/purgers.ts';

const ranges = `PARTITION BY RANGE COLUMNS (created_at) (PARTITION p05 VALUES LESS THAN ('2026-01-06'),
  PARTITION p06 VALUES LESS THAN ('2026-01-07'), PARTITION later VALUES LESS THAN (MAXVALUE))`;

/** Tables of five times and of 25 times the day's rows: 1 and 5 million by default. */
const share = { table: 5, large: 25 };

/** The proved purge of one day, beside what deletes the same rows without a look. */
export const purgeBench: Bench = {
  rows: 200_000,
  own: ['purge', 'purge-large', 'purge-native'],
  ratios: [
    { ours: 'purge', peer: 'pt-archiver-bulk', goal: 1 },
    { ours: 'purge', peer: 'delete', goal: 0.55 },
    { ours: 'purge-large', peer: 'purge', goal: 0.9 },
    { ours: 'purge-native', peer: 'purge', goal: 20 },
  ],
  async prepare(stage, rows, tell) {
    tell(`for our purge: ${unthrottled}, which would wait for the machine's other work; all else is the default`);
    await createDayTable(stage, { table: 'orders' }, rows * (share.table - 1), tell);
    await createDayTable(stage, { table: 'orders_large' }, rows * (share.large - 1), tell);
    await createDayTable(stage, { table: 'orders_native', ranges }, rows, tell);
    const tableOf = (times: number) => `of a table of ${(rows * times).toLocaleString('en')} rows`;
    return [
      ourPurge(
        stage,
        { name: 'purge', work: `proved purge ${tableOf(share.table)}` },
        { table: 'orders', rows, policy: unthrottled },
      ),
      await bulkArchiverContestant(stage, 'orders', rows),
      plainDelete(stage, 'orders', rows),
      ourPurge(
        stage,
        { name: 'purge-large', work: `proved purge ${tableOf(share.large)}` },
        { table: 'orders_large', rows, policy: unthrottled },
      ),
      ourPurge(
        stage,
        { name: 'purge-native', work: 'a native partition: proved, exchanged, dropped' },
        { table: 'orders_native', rows, policy: `${unthrottled}, nativePartitions: auto` },
      ),
    ];
  },
};
