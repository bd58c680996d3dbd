import type { ManifestPart } from '../archive/manifest.ts';
import type { Job } from '../job/job.ts';
import type { ProvedPage } from '../mysql/read/pages.ts';
import { type NewPart, PartWriter } from './partWriter.ts';

/** Writes pages into parts of the policy's size, numbered from `first` on, and hands each over when it is complete. */
export async function writeParts(
  job: Job,
  pages: AsyncIterable<ProvedPage>,
  first: NewPart,
  completed: (part: ManifestPart) => Promise<void> | void,
): Promise<void> {
  let number = first.part;
  let writer: PartWriter | undefined;
  try {
    for await (const page of pages) {
      writer ??= await PartWriter.begin(job, { ...first, part: number });
      await writer.add(page);
      if (writer.bytes < job.policy.partBytes) continue;
      await completed(await writer.complete());
      writer = undefined;
      number++;
    }
    if (writer) await completed(await writer.complete());
  } catch (error) {
    await writer?.abort();
    throw error;
  }
}
