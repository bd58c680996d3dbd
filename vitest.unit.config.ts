import { defineConfig } from 'vitest/config';

/** The tests that need no server: seconds, for the work at hand. */
export default defineConfig({
  test: {
    include: ['test/unit/**/*.test.ts', 'test/guard/{checks,deploy,imports,layout,pitfalls,sessionVariables,vectors}.test.ts'],
    testTimeout: 20_000,
  },
});
