import { Source } from '../../src/job/source.ts';
import { isStop } from '../../src/job/stops.ts';
import { accountOf, imbalances, rowsAccountedFor, runFresh, type SmallDay, type Work, writeDay } from './crashedDay.ts';
import { seed } from './seed.ts';
import { type Fate, type FateOf, Wire } from './wire.ts';
import type { World } from './world.ts';

/** Makes a day whose job is to be put through its steps. */
export type Prepare = (world: World, table: string) => Promise<SmallDay>;

/** What happens to one attempt of one activity. */
export interface Mishap {
  /** Whether it hits every attempt under way, so that days go through it one after the other. */
  hitsAll?: boolean;
  /** The steps, from 1, of an activity's undisturbed run at which it is to happen. */
  steps(undisturbed: readonly string[]): number[];
  /** Lets it happen at the step, and then has the activity done, by a fresh source, as Temporal's retry would. */
  happen(scene: Scene, activity: Work, step: number): Promise<void>;
}

/** One day under way, and what is found to be wrong with it. */
export interface Scene {
  world: World;
  smallDay: SmallDay;
  wrong: string[];
  /** Run after the job is done, as an attempt that was held up. */
  afterwards: (() => Promise<void>)[];
}

/** Days at once: each waits for its servers half of the time. */
const lanes = 4;
let days = 0;

/**
 * Puts a job through a mishap at every step of each of its activities: day n's job meets it in every activity, each time
 * at the activity's n-th step, so that as many days are needed as the longest activity has steps.
 *
 * @param every only one step of so many, from one on that the seed chooses; the long suite takes them all
 * @returns a line for each day that goes wrong, with the seed; none where the product keeps its promise
 */
export async function atEveryStep(
  world: World,
  mishap: Mishap,
  every = 1,
  prepare: Prepare = writeDay,
): Promise<string[]> {
  const whats = await undisturbed(world, prepare);
  const steps = whats.map((each) => mishap.steps(each).filter((_, index) => index % every === seed % every));
  const wanted = Math.max(...steps.map((each) => each.length));
  const wrong: string[] = [];
  let next = 0;
  const work = async () => {
    for (let turn = next++; turn < wanted; turn = next++) {
      const scene = { world, smallDay: await prepare(world, `day_${days++}`), wrong: [], afterwards: [] };
      const met = steps.map((each) => each[turn]);
      const found = await play(scene, mishap, met);
      const where = met.map((step, activity) => (step ? whats[activity]?.[step - 1]?.slice(0, 120) : undefined));
      if (found.length > 0)
        wrong.push(`SEED=${seed}, met at ${where.filter(Boolean).join(' | ')}: ${found.join('; ')}`);
    }
  };
  await Promise.all(Array.from({ length: mishap.hitsAll ? 1 : lanes }, work));
  return wrong;
}

/** The steps of each activity of the job, when nothing happens. */
export async function undisturbed(world: World, prepare: Prepare): Promise<readonly string[][]> {
  const { job } = await prepare(world, `day_${days++}`);
  const whats: string[][] = [];
  for (const activity of job) {
    const wire = await Wire.open(world.config);
    await attempt(wire, activity);
    whats.push(wire.steps);
  }
  return whats;
}

async function play(scene: Scene, mishap: Mishap, met: readonly (number | undefined)[]): Promise<string[]> {
  const { world, smallDay, wrong, afterwards } = scene;
  try {
    for (const [index, activity] of smallDay.job.entries()) {
      const step = met[index];
      if (step === undefined) await runFresh(world, [activity]);
      else await mishap.happen(scene, activity, step);
    }
    const settled = await accountOf(world, smallDay);
    wrong.push(...imbalances(settled, smallDay.written));
    await Promise.all(afterwards.map((goOn) => goOn()));
    const [before, after] = [settled, await accountOf(world, smallDay)].map((each) => JSON.stringify(each));
    if (before !== after) wrong.push(`before the stopped attempts went on ${before}, after it ${after}`);
  } catch (error) {
    wrong.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
  return wrong;
}

/** One attempt over a wire, to its end. @returns the error that ended it */
export async function attempt(wire: Wire, activity: Work): Promise<unknown> {
  const source = new Source(wire.config);
  try {
    await activity(source);
    return undefined;
  } catch (error) {
    return error;
  } finally {
    source.close();
    await wire.close();
  }
}

/**
 * The process dies. Dead before a request or after the one before it was carried out is the same to everyone else, and
 * so is dead before or after a request that only reads: one step for each state that it can leave behind.
 */
export const killed: Mishap = {
  steps: (whats) =>
    whats.flatMap((_, index) => (index === 0 || leavesTrace(whats[index - 1] ?? '') ? [index + 1] : [])),
  happen: (scene, activity, step) => meet(scene, activity, step, 'dead'),
};

/** The connection breaks after the request was carried out; the attempt lives, and doesn't see the answer. */
export const unanswered: Mishap = {
  steps: (whats) => worthIt(whats),
  happen: (scene, activity, step) => meet(scene, activity, step, 'unanswered'),
};

async function meet(scene: Scene, activity: Work, step: number, fate: Fate): Promise<void> {
  await met(scene, activity, (number) => (number === step ? fate : 'answered'));
}

/** Runs one attempt, each of whose steps has the fate that `fateOf` says, and then a retry if it failed. */
export async function met({ world, smallDay, wrong }: Scene, activity: Work, fateOf: FateOf): Promise<void> {
  let dead = false;
  const before = await rowsAccountedFor(world, smallDay);
  const wire = await Wire.open(world.config, async (step, what) => {
    const each = await fateOf(step, what);
    dead ||= each === 'dead';
    return each;
  });
  const error = await attempt(wire, activity);
  if (!dead && isStop(error)) wrong.push(`no retry follows ${String(error)}`);
  const after = await rowsAccountedFor(world, smallDay);
  if (after !== before) wrong.push(`${after} rows accounted for, ${before} before it`);
  if (error !== undefined) await runFresh(world, [activity]);
}

/** An attempt that waits before its step until it is woken. */
async function standStill(scene: Scene, activity: Work, step: number): Promise<() => Promise<unknown>> {
  let wake = () => {};
  const woken = new Promise<void>((resolve) => {
    wake = resolve;
  });
  let stand = () => {};
  const stands = new Promise<void>((resolve) => {
    stand = resolve;
  });
  const wire = await Wire.open(scene.world.config, async (number): Promise<Fate> => {
    if (number >= step) {
      stand();
      await woken;
    }
    return 'answered';
  });
  const end = attempt(wire, activity);
  await Promise.race([stands, end]);
  // Its transaction makes its retry wait until the server ends it, as it ends an idle connection.
  wire.breakLocks();
  return () => {
    wake();
    return end;
  };
}

/** The attempt is stopped, as by SIGSTOP, outlived by its retry and by the rest of the job, and goes on after all. */
export const stopped: Mishap = {
  steps: (whats) => worthIt(whats),
  async happen(scene, activity, step) {
    const wake = await standStill(scene, activity, step);
    await runFresh(scene.world, [activity]);
    scene.afterwards.push(async () => {
      await wake();
    });
  },
};

/** The activity runs twice at once: one attempt waits at the step while the other runs through. */
export const twice: Mishap = {
  steps: (whats) => worthIt(whats),
  async happen(scene, activity, step) {
    const wake = await standStill(scene, activity, step);
    await runFresh(scene.world, [activity]);
    const error = await wake();
    if (isStop(error)) scene.wrong.push(`no retry follows ${String(error)}`);
    if (error !== undefined) await runFresh(scene.world, [activity]);
  },
};

/** Whether a request may change what someone else sees. */
function leavesTrace(what: string): boolean {
  return !/^(sql (SELECT|SHOW|START|SET SESSION)|s3 (GET|HEAD))/.test(what);
}

/** All steps but those that don't concern a day; of these only an activity's first one. */
function worthIt(whats: readonly string[]): number[] {
  return whats.flatMap((what, index) => (index > 0 && isAside(what) ? [] : [index + 1]));
}

/**
 * Sets up a session, looks at the server, at the table's definition or at what the bucket can do: it reads neither rows,
 * nor the ledger, nor the archive, and changes nothing that anyone else sees.
 */
export function isAside(what: string): boolean {
  return (
    /^sql (SET SESSION |SHOW |SELECT (@@|VERSION\(\)|DATE_FORMAT\(UTC_TIMESTAMP\(\)|ROUND\(UNIX_TIMESTAMP\())/.test(
      what,
    ) || /(information|performance)_schema|_staging\/_probe/.test(what)
  );
}
