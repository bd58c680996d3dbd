import { inject } from 'vitest';
import { defaultThrottle } from '../../src/config/throttle.ts';
import { isStop } from '../../src/job/stops.ts';
import { AuroraFront } from '../../stack/aurora/front.ts';
import { runFresh, type SmallDay, writeDay } from './crashedDay.ts';
import { attempt, killed, type Mishap } from './faultMatrix.ts';
import { Wire } from './wire.ts';
import { makeWorld, type World } from './world.ts';

const unwatched = { threadsRunning: 'off', historyLength: 'off', commitMillis: 'off' } as const;

/** A world whose server is the stand-in Aurora before the stack's MySQL. */
export interface AuroraWorld extends World {
  front: AuroraFront;
  end(): Promise<void>;
}

export async function makeAuroraWorld(): Promise<AuroraWorld> {
  const { mysql, s3 } = inject('stack');
  const front = await AuroraFront.start(mysql, s3);
  const world = await makeWorld('mysql', { port: front.port });
  // Other files' statements run on the same server, and must hold nothing here.
  const add = world.add;
  world.add = (policy) => add({ ...policy, throttle: { ...defaultThrottle, ...policy.throttle, ...unwatched } });
  return Object.assign(world, {
    front,
    async end() {
      world.close();
      await front.close();
    },
  });
}

/** Everything that a server's writing left in staging, whatever the table. Beside it lie the few bytes of a bucket's probe that died. */
export function staged({ source }: World): Promise<string[]> {
  return source.store.list('_staging/aurora/');
}

/** A small day that the stand-in exports, for a job that dies. */
export async function writtenDay(world: World, table: string): Promise<SmallDay> {
  const smallDay = await writeDay(world, table);
  for (const policy of world.config.tables) if (policy.table === table) policy.engine = 'aurora';
  return smallDay;
}

/** The same without compression, whose parts are copied in the store. */
export async function copiedDay(world: World, table: string): Promise<SmallDay> {
  const smallDay = await writtenDay(world, table);
  for (const policy of world.config.tables) if (policy.table === table) policy.compression = 'none';
  return smallDay;
}

/**
 * The writer fails over at the step: every connection is cut, and for a while the endpoint still names the old writer,
 * which only reads by now. An attempt meanwhile fails, and asks for nobody; the next one ends the job.
 */
export const failedOver: Mishap = {
  hitsAll: true,
  steps: (whats) => killed.steps(whats),
  async happen({ world, wrong }, activity, step) {
    const { front } = world as AuroraWorld;
    const wire = await Wire.open(world.config, (number) => {
      if (number === step) front.failOver();
      return 'answered';
    });
    const errors = [await attempt(wire, activity), await attempt(await Wire.open(world.config), activity)];
    front.settings.reader = false;
    await world.reconnect();
    for (const error of errors) if (isStop(error)) wrong.push(`a person is asked: ${String(error)}`);
    await runFresh(world, [activity]);
  },
};
