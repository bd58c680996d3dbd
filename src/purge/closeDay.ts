import { describeDifference, mergeDifferences } from '../archive/difference.ts';
import { Stopped } from '../job/attempt.ts';
import type { Job } from '../job/job.ts';
import { formatTableName, tableArgument } from '../model/tableName.ts';
import { compareChunk } from '../partition/compareChunk.ts';
import { nothingLeft } from '../partition/nothingLeft.ts';
import type { OpenedDay } from '../partition/open/openDay.ts';
import { namedObjects, refuseForeign, sweep } from '../partition/removeObjects.ts';

/** Characters of keys that a message is made from, of each chunk. */
const keyBytesAtMost = 1 << 20;

/**
 * Marks the day as purged if the only rows left are those that are known to stay, by their digest and not by an empty
 * page, and if every object that readers see in its folder is named (pitfall P87: what a dead attempt left stays visible).
 * @throws Stopped, Fenced
 */
export async function closeDay(job: Job, day: OpenedDay): Promise<boolean> {
  const { source, ledger, policy, key } = job;
  const { epoch, manifest } = day;
  const tableFolder = source.folderOf(policy);
  const named = namedObjects(tableFolder, key.day, manifest.parts);
  refuseForeign(key, await sweep(source, ledger, { tableFolder, key, epoch, named }));
  return ledger.session.transaction(async () => {
    const row = await nothingLeft(job, day);
    if (!row) return false;
    await ledger.setPurged(key, row);
    return true;
  });
}

/** A day that isn't what was archived is left to a heal. @throws Stopped under `drift: stop`, with what differs */
export async function allowHeal(job: Job, day: OpenedDay, next: number): Promise<void> {
  const { policy, key } = job;
  if (policy.drift === 'heal') return;
  const dayName = `${formatTableName(key)} ${key.day}`;
  throw new Stopped(
    [
      `${dayName}: ${await whatDiffers(job, day, next)}, and healing is off (drift: stop).`,
      'Nothing of it was deleted.',
      'To archive it as it is now and go on:',
    ].join(' '),
    { command: `sediment heal ${tableArgument(key)} --day ${key.day}` },
  );
}

async function whatDiffers({ source, policy }: Job, day: OpenedDay, next: number): Promise<string> {
  if (day.change.added.length > 0) return `column ${day.change.added.join(', ')} came since the export`;
  if (next === day.chunks.length) return 'rows came after the day was purged';
  return source.withSnapshots(async (sessions) => {
    const view = { store: source.store, sessions, pageRows: policy.chunkRows, ...day };
    // The first chunks are enough for a message. The heal compares all.
    const chunks = day.chunks.slice(next, next + 25);
    const differences = [];
    for (const chunk of chunks) differences.push(await compareChunk(view, chunk, { keyBytesAtMost }));
    const more = differences.reduce((sum, each) => sum + each.more, 0);
    return `since it was archived, ${describeDifference(mergeDifferences(differences), { added: more })}`;
  });
}
