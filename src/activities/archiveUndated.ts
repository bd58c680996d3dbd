import { archiveUndatedRows, type UndatedResult } from '../export/archiveUndatedRows.ts';
import type { Attempt } from '../job/attempt.ts';
import type { Source } from '../job/source.ts';
import { onTable, type TableInput } from './partition.ts';

export function archiveUndated(source: Source, input: TableInput, attempt: Attempt): Promise<UndatedResult> {
  return onTable(source, input, attempt, archiveUndatedRows);
}
