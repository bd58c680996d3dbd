import { encodingOf } from '../archive/column.ts';
import type { ManifestPart } from '../archive/manifest.ts';
import { verifyPart } from '../export/verifyPart.ts';
import type { Attempt } from '../job/attempt.ts';
import type { Job } from '../job/job.ts';
import type { OpenedDay } from '../partition/open/openDay.ts';
import { readChunks } from '../partition/readChunks.ts';
import type { HealResult } from './result.ts';

/** Rows that differed, and the CSV of the parts that were written for them. */
export function countHealed(
  attempt: Attempt,
  day: OpenedDay,
  parts: readonly ManifestPart[],
  { added, changed, removed }: Pick<HealResult, 'added' | 'changed' | 'removed'>,
): void {
  const known = new Set(day.manifest.parts.map((part) => part.object.key));
  const fresh = parts.filter((part) => !known.has(part.object.key));
  const bytes = fresh.reduce((sum, part) => sum + part.uncompressedBytes, 0);
  attempt.count?.('healed', added + changed + removed, bytes);
}

/** Reads back every part that the present manifest doesn't name. @throws ObjectDamaged */
export async function proveParts(
  { source, attempt }: Job,
  day: OpenedDay,
  parts: readonly ManifestPart[],
): Promise<void> {
  const known = new Set(day.manifest.parts.map((part) => part.object.key));
  const written = {
    encodings: day.schema.columns.map(encodingOf),
    salt: day.row.salt,
  };
  for (const part of parts.filter((each) => !known.has(each.object.key))) {
    const manifest = { ...day.manifest, parts: [part] };
    const chunks = await readChunks(source.store, manifest, part.pass);
    await verifyPart(source.store, part, { chunks, ...written }, (rows) => {
      attempt.signal.throwIfAborted();
      attempt.heartbeat({ phase: 'proving', part: part.part, rows });
    });
  }
}
