import { purgeSlice } from '../../src/activities/purgeSlice.ts';
import type { SmallDay } from './crashedDay.ts';
import { attempt } from './faultMatrix.ts';
import { type Fate, Wire } from './wire.ts';
import type { World } from './world.ts';

/** One slice of a day's purge; what it threw. `second` comes before its second transaction. */
export async function slice(
  world: World,
  { input }: SmallDay,
  second: () => Promise<unknown> = async () => undefined,
): Promise<unknown> {
  let calls = 0;
  const wire = await Wire.open(world.config, async (_, what): Promise<Fate> => {
    if (what.startsWith('sql CALL') && ++calls === 2) await second();
    return 'answered';
  });
  const asked = { table: input.table, cutoff: '2026-06-01', forMillis: 60_000 };
  return attempt(wire, (source) => purgeSlice(source, asked, world.attempt));
}
