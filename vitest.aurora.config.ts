import { defineConfig } from 'vitest/config';
import base from './vitest.config.ts';

/** The end-to-end tests of the main job, purge, heal and restore on the stand-in Aurora, in place of MySQL and MariaDB: ten minutes. */
export default defineConfig({
  test: {
    ...base.test,
    include: [
      'test/feature/{export,heal,native,procedures,purge,restore,types,witness,workflows}/**/*.test.ts',
      'test/feature/{job,manyParts}.test.ts',
      'test/feature/{audit,erase,expire}/*.test.ts',
      'test/feature/cli/{heal,pause,run,running}.test.ts',
      'test/fault/**/*.test.ts',
    ],
    // These start a MySQL of their own, and their subject is that server.
    exclude: ['test/feature/export/replica.test.ts', 'test/fault/{clone,diskFull,failover,server}.test.ts'],
    globalSetup: ['test/globalSetup.ts', 'test/auroraSetup.ts'],
    testNamePattern: /^(?!.*(mariadb| on aurora))/i,
  },
});
