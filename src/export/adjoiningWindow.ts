import { Stopped } from '../job/attempt.ts';
import { isWindowAccepted, readNeighbours } from '../ledger/days/windows.ts';
import type { Ledger, PartitionKey } from '../ledger/ledger.ts';
import { bridge, misfit } from '../model/adjoin.ts';
import type { DayWindow } from '../model/day.ts';
import { formatTableName, tableArgument } from '../model/tableName.ts';

/**
 * The window of a day at its first export: as computed, if it adjoins the recorded windows of its neighbours. If config,
 * column type or time zone data have changed since those were exported, there would be a gap, whose rows are never
 * archived, or an overlap. If a person has accepted that, the day fills the time between its neighbours.
 *
 * @throws Stopped naming both windows
 */
export async function adjoiningWindow(ledger: Ledger, key: PartitionKey, computed: DayWindow): Promise<DayWindow> {
  const neighbours = await readNeighbours(ledger, key);
  const other = misfit(computed, neighbours);
  if (!other) return computed;
  const between = bridge(computed, neighbours);
  const facts =
    `${formatTableName(key)} ${key.day}: its window [${computed.start}, ${computed.end}) doesn't adjoin the ` +
    `recorded one of ${other.day}, [${other.window.start}, ${other.window.end})`;
  const cause = 'The zone or datetimeZone of the policy, the type of the time column or the time zone data has changed';
  if (!between)
    throw new Stopped(
      `${facts}. ${cause}, and no window fits between the neighbours: put the policy or the column back`,
    );
  if (await isWindowAccepted(ledger, key)) return between;
  throw new Stopped(
    [
      `${facts}: its rows between the two would be in no day, or in both. ${cause}.`,
      `Put it back; or, where the change is meant, let the day be [${between.start}, ${between.end}):`,
    ].join(' '),
    { command: `sediment accept ${tableArgument(key)} --window --day ${key.day} --reason "…"` },
  );
}
