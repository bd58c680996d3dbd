import { defineConfig } from 'vitest/config';
import base from './vitest.config.ts';

/** The tests that go through every case of which the others draw a sample: hours. */
export default defineConfig({ test: { ...base.test, include: ['test/long/**/*.test.ts'], exclude: [] } });
