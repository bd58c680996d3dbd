import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/longestFirst.ts';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/long/**', 'test/readers/**'],
    globalSetup: ['test/globalSetup.ts'],
    setupFiles: ['test/setup.ts'],
    pool: 'forks',
    // Each file has servers' names of its own and keeps no state in modules, so files share what they import: a process
    // a file would take a second of processor time for each.
    isolate: false,
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
    // More than two processors: a file waits for its servers a third of its time.
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    // Several tests take a minute where other files keep both processors busy. It bounds what hangs, and judges no speed.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 20_000 } },
    reporters: ['default', './test/countReporter.ts'],
  },
});
