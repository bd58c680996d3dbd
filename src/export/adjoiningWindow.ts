import { Stopped } from '../job/attempt.ts';
import type { Ledger, PartitionKey } from '../ledger/ledger.ts';
import { isWindowAccepted, readNeighbours } from '../ledger/windows.ts';
import { bridge, misfit } from '../model/adjoin.ts';
import type { DayWindow } from '../model/day.ts';
import { formatTableName, tableArgument } from '../model/tableName.ts';

/**
 * The window that a day is exported with first: as computed, where it adjoins the recorded windows of its neighbours.
 * Config, column type or time zone data may have changed since those were exported; then time would belong to no day,
 * and its rows would never be archived, or to two. Where a person has accepted that, the day fills what is between.
 *
 * @throws Stopped naming both windows
 */
export async function adjoiningWindow(ledger: Ledger, key: PartitionKey, computed: DayWindow): Promise<DayWindow> {
  const neighbours = await readNeighbours(ledger, key);
  const other = misfit(computed, neighbours);
  if (!other) return computed;
  const between = bridge(computed, neighbours);
  const facts = `${formatTableName(key)} ${key.day}: its window [${computed.start}, ${computed.end}) doesn't adjoin the recorded one of ${other.day}, [${other.window.start}, ${other.window.end})`;
  const cause = 'The zone or datetimeZone of the policy, the type of the time column or the time zone data has changed';
  if (!between)
    throw new Stopped(
      `${facts}. ${cause}, and no window fits between the neighbours: put the policy or the column back`,
    );
  if (await isWindowAccepted(ledger, key)) return between;
  throw new Stopped(
    `${facts}: its rows between the two would be in no day, or in both. ${cause}. Put it back; or, where the change is meant, let the day be [${between.start}, ${between.end}): sediment accept ${tableArgument(key)} --window --day ${key.day} --reason "…"`,
  );
}
