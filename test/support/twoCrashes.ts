import { accountOf, imbalances, linesOfTable, runFresh, type SmallDay } from './crashedDay.ts';
import { attempt, killed, type Prepare, undisturbed } from './faultMatrix.ts';
import { type Fate, Wire } from './wire.ts';
import type { World } from './world.ts';

/** Where an activity's first attempt dies, and where its second one does, by their steps; and what a writer does meanwhile. */
export interface Pair {
  activity: number;
  first: number;
  second: number;
  /** After the first death, and after the second: the rows that a heal is about change, or are as they were. */
  writer: readonly [Writing, Writing];
}

type Writing = 'changes' | 'undoes' | 'none';

const writings: readonly Writing[] = ['changes', 'undoes', 'none'];
let days = 0;

/** Every pair of steps of every activity of a job, each with writers that differ from pair to pair. */
export async function allPairs(world: World, prepare: Prepare): Promise<Pair[]> {
  const steps = (await undisturbed(world, prepare)).map((whats) => killed.steps(whats));
  const pairs: Pair[] = [];
  for (const [activity, own] of steps.entries())
    for (const first of own)
      for (const second of own) {
        const [one, other] = [
          writings[pairs.length % 3] ?? 'none',
          writings[Math.floor(pairs.length / 3) % 3] ?? 'none',
        ];
        pairs.push({ activity, first, second, writer: [one, other] });
      }
  return pairs;
}

/** So many of them, the same for the same seed. */
export function samplePairs(pairs: readonly Pair[], count: number, seed: number): Pair[] {
  let state = seed >>> 0;
  const next = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  return Array.from({ length: count }, () => pairs[Math.floor(next() * pairs.length)]).filter(
    (each) => each !== undefined,
  );
}

/** @returns what is wrong, a line each; none where the product keeps its promise */
export async function playPairs(world: World, prepare: Prepare, pairs: readonly Pair[], lanes = 4): Promise<string[]> {
  const wrong: string[] = [];
  let turn = 0;
  const work = async () => {
    for (let pair = pairs[turn++]; pair; pair = pairs[turn++]) {
      const found = await playPair(world, await prepare(world, `pair_${days++}`), pair).catch((error) => [
        error instanceof Error ? (error.stack ?? error.message) : String(error),
      ]);
      if (found.length > 0) wrong.push(`${JSON.stringify(pair)}: ${found.join('; ')}`);
    }
  };
  await Promise.all(Array.from({ length: lanes }, work));
  return wrong;
}

async function playPair(world: World, smallDay: SmallDay, pair: Pair): Promise<string[]> {
  const { job, table } = smallDay;
  const work = job[pair.activity];
  if (!work) return [`there is no activity ${pair.activity}`];
  await runFresh(world, job.slice(0, pair.activity));
  const there = new Set(await linesOfTable(world, table));
  const purged = smallDay.written.filter((line) => !there.has(line));
  let { written } = smallDay;
  for (const [index, step] of [pair.first, pair.second].entries()) {
    const fate = (number: number): Fate => (number === step ? 'dead' : 'answered');
    await attempt(await Wire.open(world.config, fate), work);
    // Nothing is written to the table after a purge, because the archive has the rows of the time of the delete.
    if (pair.activity === job.length - 1) continue;
    await write(world, table, pair.writer[index] ?? 'none');
    written = [...purged, ...(await linesOfTable(world, table))].sort();
  }
  await runFresh(world, job.slice(pair.activity));
  return imbalances(await accountOf(world, smallDay), written);
}

/** Rows of the day's last chunk, which no transaction before the last one deletes. */
async function write(world: World, table: string, writing: Writing): Promise<void> {
  const [own, seed] = [`${world.name}.${table}`, `${world.name}.seed`];
  if (writing === 'changes') {
    await world.sql(`UPDATE ${own} SET note = 'changed again' WHERE id = 900`);
    await world.sql(`DELETE FROM ${own} WHERE id = 910`);
    await world.sql(`REPLACE INTO ${own} SELECT id + 5000, note, payload, t FROM ${seed} WHERE id = 920`);
  }
  if (writing === 'undoes') {
    await world.sql(`DELETE FROM ${own} WHERE id IN (5920)`);
    await world.sql(
      `REPLACE INTO ${own} SELECT * FROM ${seed} WHERE id IN (900, 910) AND EXISTS (SELECT 1 FROM ${own} AS o WHERE o.id > 720 AND o.id < 1000)`,
    );
  }
}
