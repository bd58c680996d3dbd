import { expect, test } from 'vitest';
import { MalformedManifest, parseManifest } from '../../../src/archive/manifest.ts';

test('a manifest of a newer version is named as such, before anything else of it is judged', () => {
  const newer = () => parseManifest('{ "manifestVersion": 2, "unheard": "of" }');
  expect(newer).toThrow(MalformedManifest);
  expect(newer).toThrow('the manifest has version 2, and this Sediment reads up to 1: use a newer Sediment');
  expect(() => parseManifest('{ "manifestVersion": 1 }')).toThrow(/isn't a manifest that this Sediment can read/);
  expect(() => parseManifest('null')).toThrow(/isn't a manifest that this Sediment can read/);
});
