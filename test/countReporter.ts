import type { Reporter, TestModule } from 'vitest/node';

/** Prints the true numbers as the last line, for whoever reads the run's output. */
export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const counts = { passed: 0, failed: errors.length, skipped: 0 };
    for (const module of modules) {
      const tests = [...module.children.allTests()];
      for (const test of tests) {
        const { state } = test.result();
        if (state === 'passed' || state === 'failed' || state === 'skipped') counts[state]++;
        else counts.failed++;
      }
      // A file that can't be loaded has no tests to fail.
      if (module.errors().length > 0) counts.failed++;
      // Nor does a suite whose beforeAll or afterAll threw fail its tests: they are skipped, or passed already.
      for (const suite of module.children.allSuites()) if (suite.errors().length > 0) counts.failed++;
    }
    const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : '';
    process.on('exit', () => process.stdout.write(`\n${counts.passed} passed, ${counts.failed} failed${skipped}\n`));
  }
}
