import type { Manifest } from './manifest.ts';

/**
 * The manifest of a table's days that knows its columns best: the one with the most, because a column's position never
 * changes and none ever goes; of two with as many, the one that was proved last.
 */
export function newestManifest(manifests: readonly Manifest[]): Manifest | undefined {
  let newest: Manifest | undefined;
  for (const manifest of manifests) {
    const more = manifest.columns.length - (newest?.columns.length ?? 0);
    if (!newest || more > 0 || (more === 0 && manifest.verifiedAt > newest.verifiedAt)) newest = manifest;
  }
  return newest;
}
