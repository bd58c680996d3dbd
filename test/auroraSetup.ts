import type { TestProject } from 'vitest/node';

/** Every test's MySQL is the stand-in Aurora, for commands and workers too: by the default `engine: auto`, the server writes each day itself. */
export default function setup(project: TestProject): void {
  const { stack } = project.getProvidedContext();
  project.provide('stack', { ...stack, mysql: stack.aurora });
}
