import { defineConfig } from 'vitest/config';

/** The tests that need no server: seconds, for the work at hand. */
export default defineConfig({
  test: {
    include: [
      'test/unit/**/*.test.ts',
      'test/guard/{checks,deploy,imports,layout,pitfalls,sessionVariables,vectors}.test.ts',
    ],
    // They keep no state in modules, so files share what they import: half the processor time of a run.
    isolate: false,
    setupFiles: ['test/setup.ts'],
    testTimeout: 20_000,
  },
});
