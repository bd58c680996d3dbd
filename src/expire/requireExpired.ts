import { Stopped } from '../job/attempt.ts';
import type { Job } from '../job/job.ts';
import { readOpenErasures } from '../ledger/erasures.ts';
import { keptDay, keptInWords } from '../ledger/putBacks.ts';
import { formatTableName, tableArgument } from '../model/tableName.ts';
import { errnoOf } from '../mysql/errors.ts';
import { cursorLiteral } from '../mysql/expressions.ts';
import { identifier, qualified } from '../mysql/quote.ts';
import { dayManifest } from '../partition/dayManifest.ts';
import { firstLocked, versionsOfDay } from '../partition/versionsOfDay.ts';
import type { ObjectVersion } from '../s3/versions.ts';

/**
 * The archive of a day goes only after its rows: the day is purged, nothing of it is left in the table, and nobody holds
 * or keeps it. A day whose deletion was begun passes all but the lock.
 * @returns every version that is to be deleted
 * @throws Stopped
 */
export async function requireExpired(job: Job): Promise<ObjectVersion[]> {
  const { ledger, policy, key } = job;
  const dayName = `${formatTableName(key)} ${key.day}`;
  const row = await ledger.readPartition(key);
  if (!row) throw new Stopped(`${dayName}: the ledger has no row of it`);
  if (row.state !== 'expired') {
    if (row.state !== 'purged')
      throw new Stopped(`${dayName} is ${row.state}, and an archive goes only once its rows are purged`);
    if (row.stopped !== null) throw new Stopped(`${dayName} is stopped: ${row.stopped}`);
    const hold = await ledger.activeHold(key);
    if (hold)
      throw new Stopped(
        `${dayName} is held by ${hold.owner} ("${hold.reason}"): sediment resume ${tableArgument(policy)}`,
      );
    const kept = await keptDay(ledger, key);
    if (kept) throw new Stopped(keptInWords(key, kept));
    const open = (await readOpenErasures(ledger.session, ledger.name)).get(formatTableName(key)) ?? [];
    if (open.some(({ day }) => day === key.day))
      throw new Stopped(`${dayName}: an erasure of it isn’t done; run the same sediment erase again first`);
    await requireNoRows(job, row.window);
  }
  const versions: ObjectVersion[] = [];
  for await (const version of versionsOfDay(job, Number.POSITIVE_INFINITY)) versions.push(version);
  const locked = await firstLocked(
    job,
    versions.filter(({ isDeleteMarker }) => !isDeleteMarker),
  );
  if (locked)
    throw new Stopped(`${dayName}: ${locked.key} is under object lock ${locked.until}: nobody can delete it before`);
  return versions;
}

/** One look-up by the index. A table that is gone has no rows. @throws Stopped */
async function requireNoRows(
  { source, ledger, policy, key }: Job,
  window: { start: string; end: string },
): Promise<void> {
  const manifest = await dayManifest(source, policy, key.day);
  const time = manifest.columns.find(({ name }) => name === manifest.timeColumn);
  if (!time) throw new Stopped(`${formatTableName(key)} ${key.day}: its manifest has no column ${manifest.timeColumn}`);
  const column = identifier(time.name);
  const rows = await ledger.session
    .rows(
      `SELECT 1 FROM ${qualified(key.database, key.table)} WHERE ${column} >= ${cursorLiteral(time, window.start)}
         AND ${column} < ${cursorLiteral(time, window.end)} LIMIT 1`,
    )
    .catch((error: unknown) => {
      if (errnoOf(error) === noSuchTable) return [];
      throw error;
    });
  if (rows.length > 0)
    throw new Stopped(
      `${formatTableName(key)} ${key.day}: the table has rows of this day, and its archive goes only after them. ` +
        `Let the purge archive and delete them, or look at what status says of them: sediment status ${tableArgument(policy)}`,
    );
}

/** ER_NO_SUCH_TABLE */
const noSuchTable = 1146;
