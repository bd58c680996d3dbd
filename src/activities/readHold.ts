import { type HeldPosition, heldPosition } from '../hold/tableHold.ts';
import type { Attempt } from '../job/attempt.ts';
import type { Source } from '../job/source.ts';
import { onTable, type TableInput } from './partition.ts';

export function readHold(source: Source, input: TableInput, attempt: Attempt): Promise<HeldPosition> {
  return onTable(source, input, attempt, ({ ledger, policy }) => heldPosition(ledger, policy));
}
