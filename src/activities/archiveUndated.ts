import { archiveUndatedRows, type UndatedResult } from '../export/archiveUndatedRows.ts';
import type { Attempt } from '../job/attempt.ts';
import type { Source } from '../job/source.ts';
import { undatedDay } from '../model/day.ts';
import { onTable, type TableInput } from './partition.ts';
import { registerDay } from './registerDay.ts';

export async function archiveUndated(source: Source, input: TableInput, attempt: Attempt): Promise<UndatedResult> {
  const archived = await onTable(source, input, attempt, archiveUndatedRows);
  if (archived.rows > 0) await registerDay(source, { ...input, day: undatedDay }, attempt);
  return archived;
}
