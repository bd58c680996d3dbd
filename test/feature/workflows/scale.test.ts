import { expect, test } from 'vitest';
import { type Fleet, firstDay, fleetActivities, type Seen, startSeen } from '../../../bench/fleet.ts';
import { type Histories, measureHistories } from '../../../bench/histories.ts';
import { addDays } from '../../../src/model/day.ts';
import { makeScene } from '../../support/temporalScene.ts';

/** The test server's; one of its own accord suggests 4,096 events. */
const suggestion = 250;
const concurrency = 10;
/** Hundreds of workflows, beside the other files of the suite. */
const fleetMillis = 180_000;
const calm = { rows: 0, troubled: false };

/** Runs a workflow over a simulated fleet to the end of all that it started. */
async function runFleet(
  type: string,
  input: object,
  fleet: Fleet,
): Promise<{ seen: Seen; of(type: string): Histories }> {
  const scene = await makeScene();
  try {
    const seen = startSeen();
    await scene.work(fleetActivities(fleet, seen));
    const args = [{ source: scene.source, ...input }];
    await scene.client.workflow.execute(type, { taskQueue: 'sediment', workflowId: type, args });
    const histories = await measureHistories(scene.client);
    const of = (wanted: string) => {
      const found = histories[wanted];
      if (!found) throw new Error(`no ${wanted} ran`);
      return found;
    };
    return { seen, of };
  } finally {
    await scene.close();
  }
}

test(
  '120 tables: a bounded number of events a table, days in windows, histories that end soon after they are long',
  async () => {
    const fleet = { ...calm, tables: 120, days: 1 };
    const { seen, of } = await runFleet('dailyArchive', { day: firstDay, concurrency }, fleet);
    expect(seen).toMatchObject({ archivedDays: 120, inFlight: 0 });
    expect(seen.mostInFlight).toBeLessThanOrEqual(concurrency);
    expect(of('archiveTable')).toMatchObject({ runs: 120, continuedAsNew: 0 });
    expect(of('purgeTable')).toMatchObject({ runs: 120, continuedAsNew: 0 });
    const daily = of('dailyArchive');
    // Two children a table: initiated, started, completed, and a workflow task of three events for each answer at most.
    expect(daily.events / 120).toBeLessThan(14);
    // The tables in hand end in the run that began them.
    expect(daily.mostEvents).toBeLessThan(suggestion + concurrency * 20);
    expect(of('archiveTable').mostEvents).toBeLessThanOrEqual(26);
    expect(of('purgeTable').mostEvents).toBeLessThanOrEqual(14);
  },
  fleetMillis,
);

test(
  'a backfill of 10 tables over 12 days, and a purge of 45 slices, go on as new with a small state',
  async () => {
    const backfilled = await runFleet(
      'backfill',
      { from: firstDay, to: addDays(firstDay, 11), concurrency },
      { ...calm, tables: 10, days: 12 },
    );
    expect(backfilled.seen.archivedDays).toBe(120);
    expect(backfilled.of('backfill').events / 120).toBeLessThan(9);
    expect(backfilled.of('backfill').largestPayload).toBeLessThan(4_000);

    const purged = await runFleet(
      'purgeTable',
      { table: 'shop.orders', cutoff: '2026-12-01' },
      { tables: 1, days: 1, rows: 135_000_000, troubled: false },
    );
    expect(purged.seen).toMatchObject({ slices: 45, deleted: 135_000_000 });
    const purge = purged.of('purgeTable');
    expect(purge.continuedAsNew).toBe(1);
    expect(purge.events / 45).toBeLessThan(7);
    expect(purge.largestPayload).toBeLessThan(1_000);
  },
  fleetMillis,
);

test(
  'where each table is refused or fails with a long reason no payload comes near 100 KB',
  async () => {
    const { of } = await runFleet(
      'dailyArchive',
      { day: firstDay, concurrency },
      { tables: 210, days: 1, rows: 0, troubled: true },
    );
    expect(of('dailyArchive').continuedAsNew).toBeGreaterThan(0);
    expect(of('dailyArchive').largestPayload).toBeLessThan(80_000);
  },
  fleetMillis,
);
