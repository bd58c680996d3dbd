import { readFileSync } from 'node:fs';

/** The version of this Sediment, from its package.json. */
export const release: string = String(
  JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version,
);
