import type { Config } from '../config/load.ts';
import type { Source } from '../job/source.ts';
import type { PartitionKey } from '../ledger/ledger.ts';
import { dayNumber, stagingFolder } from '../procedures/exportProcedure.ts';
import { AccessRefused, ObjectDamaged } from '../s3/errors.ts';
import type { ObjectStore } from '../s3/store.ts';
import type { ObjectHead } from '../s3/storedObject.ts';

/** Everything that attempts have written of a day, and not yet removed. */
export function dayStaging(config: Pick<Config, 'store'>, key: PartitionKey): string {
  return `${stagingFolder(config.store.prefix, key)}${dayNumber(key.day)}/`;
}

/** Removes what lies below a folder of staging for good: it is no archive, so no version of it is kept. */
export async function sweepStaging(source: Pick<Source, 'store'>, folder: string): Promise<number> {
  const keys = await source.store.list(folder);
  for (const key of keys) {
    const head = await source.store.head(key);
    if (head) await removeStaged(source.store, key, head.versionId);
  }
  return keys.length;
}

/** For good; where the bucket locks each version by default, it is hidden, and stays until its lock is over. */
export async function removeStaged(store: ObjectStore, key: string, versionId: string | undefined): Promise<void> {
  try {
    await store.remove(key, versionId);
  } catch (error) {
    if (!(error instanceof AccessRefused) || versionId === undefined) throw error;
    await store.remove(key);
  }
}

/** The objects that one statement wrote, in the order of its rows. @throws ObjectDamaged if one is missing or strange */
export async function stagedObjects(source: Pick<Source, 'store'>, prefix: string): Promise<ObjectHead[]> {
  const keys = (await source.store.list(prefix)).sort();
  const objects: ObjectHead[] = [];
  for (const [number, key] of keys.entries()) {
    const expected = `${prefix}.part_${String(number).padStart(5, '0')}`;
    const head = await source.store.head(key);
    if (key !== expected || !head)
      throw new ObjectDamaged(key, `is there where the server wrote ${expected}; the range is written again`);
    objects.push(head);
  }
  return objects;
}

const lineFeed = 0x0a;

/**
 * The staged rows in runs of so many rows, each with memory of its own. What was written is read by its version, so that
 * nobody can put other bytes in its place meanwhile.
 * @throws ObjectDamaged if the objects hold fewer rows or more
 */
export async function* cutRows(
  source: Pick<Source, 'store'>,
  objects: readonly ObjectHead[],
  counts: readonly number[],
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  let pieces: Buffer[] = [];
  let missing = counts[0] ?? 0;
  let run = 0;
  for (const { key, versionId } of objects) {
    for await (const read of source.store.stream(key, { versionId, signal })) {
      const piece = Buffer.from(read.buffer, read.byteOffset, read.length);
      let start = 0;
      for (let at = piece.indexOf(lineFeed); at >= 0; at = piece.indexOf(lineFeed, at + 1)) {
        if (run === counts.length) throw new ObjectDamaged(key, 'holds more rows than MySQL has digested');
        if (--missing > 0) continue;
        yield Buffer.concat([...pieces, piece.subarray(start, at + 1)]);
        pieces = [];
        start = at + 1;
        missing = counts[++run] ?? 0;
      }
      if (start < piece.length) pieces.push(piece.subarray(start));
    }
    if (pieces.length > 0 && pieces.at(-1)?.at(-1) !== lineFeed)
      throw new ObjectDamaged(key, 'ends in the middle of a row');
  }
  if (run !== counts.length || pieces.length > 0)
    throw new ObjectDamaged(objects.at(-1)?.key ?? 'a staged range', `ends in run ${run} of ${counts.length}`);
}
