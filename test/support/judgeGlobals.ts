import type { InheritedVariable } from './globalVariables.ts';
import { seed } from './seed.ts';
import type { Difference, Laboratory } from './underGlobals.ts';

/** What the search has found, for a report and for an expectation. */
export interface Verdicts {
  /** Values under which everything came out the same. */
  same: number;
  /** `name = value: why`, refused by name with every row still there. */
  refused: string[];
  /** Anything else. */
  broken: string[];
}

/** One other value of one variable. */
interface Setting {
  name: string;
  original: string;
  value: string;
}

/** Variables that are changed at once: what they change together is what each changes, but for values that undo each other. */
const atOnce = 12;

/**
 * Tries everything under each other value of each variable: some variables at once, one value of each, and half of them
 * where anything differs, down to the one that does it.
 */
export async function judge(laboratory: Laboratory, variables: readonly InheritedVariable[]): Promise<Verdicts> {
  const verdicts: Verdicts = { same: 0, refused: [], broken: [] };
  const rounds = Math.max(...variables.map(({ others }) => others.length));
  for (let round = 0; round < rounds; round++) {
    const settings = inSomeOrder(variables, round).flatMap(({ name, original, others }) => {
      const value = others[round];
      return value === undefined ? [] : [{ name, original, value }];
    });
    for (let from = 0; from < settings.length; from += atOnce)
      await judgeTogether(laboratory, settings.slice(from, from + atOnce), verdicts);
  }
  return verdicts;
}

async function judgeTogether(laboratory: Laboratory, settings: readonly Setting[], verdicts: Verdicts): Promise<void> {
  const differs = await tryUnder(laboratory, settings);
  if (!differs) {
    verdicts.same += settings.length;
    return;
  }
  const [first] = settings;
  if (first && settings.length === 1) {
    const isRefusal = !differs.rowsGone && differs.what.includes(first.name);
    (isRefusal ? verdicts.refused : verdicts.broken).push(`${textOf(settings)}: ${differs.what}`);
    return;
  }
  const found = verdicts.refused.length + verdicts.broken.length;
  const half = Math.ceil(settings.length / 2);
  await judgeTogether(laboratory, settings.slice(0, half), verdicts);
  await judgeTogether(laboratory, settings.slice(half), verdicts);
  if (verdicts.refused.length + verdicts.broken.length === found)
    verdicts.broken.push(`only together, ${textOf(settings)}: ${differs.what}`);
}

async function tryUnder(
  { administer, tryAll }: Laboratory,
  settings: readonly Setting[],
): Promise<Difference | undefined> {
  for (const { name, value } of settings) await administer(`SET GLOBAL ${name} = ${value}`);
  try {
    return await tryAll();
  } finally {
    // Backwards: two names may be one variable.
    for (const { name, original } of settings.toReversed()) await administer(`SET GLOBAL ${name} = ${original}`);
  }
}

function textOf(settings: readonly Setting[]): string {
  return settings.map(({ name, value }) => `${name} = ${value}`).join(', ');
}

/** Other neighbours in each round. */
function inSomeOrder(variables: readonly InheritedVariable[], round: number): InheritedVariable[] {
  const rank = (name: string) =>
    [...name].reduce((sum, letter) => (sum * 31 + (letter.codePointAt(0) ?? 0)) % 65_521, seed + round);
  return variables.toSorted((a, b) => rank(a.name) - rank(b.name));
}
