import type { ManifestPart } from '../archive/manifest.ts';
import type { Job } from '../job/job.ts';
import { type NewPart, PartWriter, type WrittenPage } from './partWriter.ts';

/**
 * Writes pages into parts of the policy's size, numbered from `first` on, and hands each over when it is complete. Pages of
 * staged objects are a part of their own, which is complete before their next page is asked for.
 */
export async function writeParts(
  job: Job,
  pages: AsyncIterable<WrittenPage>,
  first: NewPart,
  completed: (part: ManifestPart) => Promise<void> | void,
): Promise<void> {
  let number = first.part;
  let writer: PartWriter | undefined;
  const complete = async () => {
    if (!writer) return;
    await completed(await writer.complete());
    writer = undefined;
    number++;
  };
  try {
    for await (const page of pages) {
      if (page.staged && !writer?.isCopy) await complete();
      writer ??= await PartWriter.begin(job, { ...first, part: number });
      await writer.add(page);
      if (page.staged ? page.staged.ends : writer.bytes >= job.policy.partBytes) await complete();
    }
    await complete();
  } catch (error) {
    await writer?.abort();
    throw error;
  }
}
