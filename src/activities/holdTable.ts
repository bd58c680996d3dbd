import { type HeldPosition, type HoldTerms, writeHold } from '../hold/tableHold.ts';
import type { Attempt } from '../job/attempt.ts';
import type { Source } from '../job/source.ts';
import { onTable, type TableInput } from './partition.ts';

export interface HoldInput extends TableInput, HoldTerms {}

export function holdTable(source: Source, input: HoldInput, attempt: Attempt): Promise<HeldPosition> {
  return onTable(source, input, attempt, ({ ledger, policy }) => writeHold(ledger, policy, input));
}
