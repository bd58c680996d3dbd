import type { Bench } from './bench.ts';
import { orders } from './orders.ts';
import { exportContestant } from './peers/ours.ts';

const rowBytes = 20_000_000;

/** The export of rows of 20 MB, for its memory; without a contestant. */
export const wideBench: Bench = {
  rows: 60,
  own: ['export'],
  ratios: [],
  async prepare(stage, rows, tell) {
    const { session } = stage;
    await session.execute('CREATE DATABASE bench CHARACTER SET utf8mb4');
    await session.execute(
      'CREATE TABLE bench.wide (id INT UNSIGNED AUTO_INCREMENT PRIMARY KEY, created_at DATETIME(6) NOT NULL, body LONGTEXT NOT NULL, KEY by_time (created_at))',
    );
    for (let row = 0; row < rows; row++) {
      // Digits and letters that gzip halves, as it does with encoded binary data.
      await session.execute(
        `INSERT INTO bench.wide (created_at, body) VALUES ('${orders.day}' + INTERVAL ${row} SECOND, REPEAT('${noise(row)}', ${rowBytes / noiseBytes}))`,
      );
      tell(`filling the table: ${row + 1} rows of 20 MB`);
    }
    return [exportContestant(stage, 'bench.wide')];
  },
};

/** Longer than gzip looks back, so that the repetition doesn't help it. */
const noiseBytes = 40_000;

function noise(seed: number): string {
  let state = seed + 1;
  let text = '';
  while (text.length < noiseBytes) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    text += state.toString(16).padStart(8, '0');
  }
  return text;
}
