import { defineConfig } from 'vitest/config';
import base from './vitest.config.ts';

/** The scripts of `sediment ddl` run by the readers themselves, which the first run fetches: 2 GB. */
export default defineConfig({
  test: { ...base.test, include: ['test/readers/**/*.test.ts'], exclude: [], maxWorkers: 1 },
});
