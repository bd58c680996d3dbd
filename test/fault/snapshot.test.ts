import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exportPartition } from '../../src/activities/exportPartition.ts';
import { Source } from '../../src/job/source.ts';
import { ownConnectionIds } from '../../src/mysql/session/session.ts';
import { writeDay, writeSeed } from '../support/crashedDay.ts';
import { eventually } from '../support/eventually.ts';
import { type Fate, Wire } from '../support/wire.ts';
import { makeWorld, type World } from '../support/world.ts';

describe.each(['mysql', 'mariadb'] as const)('an export on %s', (flavor) => {
  let world: World;
  beforeAll(async () => {
    world = await makeWorld(flavor);
    await writeSeed(world);
  });
  afterAll(() => world.close());

  test('has no snapshot open while it waits for the store, so the server can purge old row versions (P47)', async () => {
    const { input } = await writeDay(world, 'slow_store');
    const goOn = new AbortController();
    let uploading = false;
    let reading = 0;
    const wire = await Wire.open(world.config, async (_, what): Promise<Fate> => {
      // A page's digest is asked for in the snapshot that the page was read in.
      if (what.startsWith('sql SELECT COUNT(*) AS digest_rows') && reading === 0)
        reading = await eventually(async () => (await open()) || undefined, 'a snapshot');
      if (/^s3 POST .*\.csv\.gz\?uploadId=/.test(what) && !goOn.signal.aborted) {
        uploading = true;
        await once(goOn.signal, 'abort');
      }
      return 'answered';
    });
    const open = async () => {
      const ids = ownConnectionIds(wire.config.source);
      const [row] = await world.sql(
        `SELECT COUNT(*) AS number FROM information_schema.innodb_trx WHERE trx_mysql_thread_id IN (${ids.join(', ')})`,
      );
      return Number(row?.number);
    };
    const source = new Source(wire.config);
    const exporting = exportPartition(source, input, world.attempt);
    await eventually(async () => uploading || undefined, 'the upload');
    await eventually(async () => (await open()) === 0 || undefined, 'the end of every snapshot');
    goOn.abort();
    expect(await exporting).toMatchObject({ rows: 1_030 });
    expect(reading).toBeGreaterThan(0);
    source.close();
    await wire.close();
  });
});
