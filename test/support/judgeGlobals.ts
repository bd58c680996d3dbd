import type { InheritedVariable } from './globalVariables.ts';
import type { Laboratory } from './underGlobals.ts';

/** What the search has found, for a report and for an expectation. */
export interface Verdicts {
  /** Values under which everything came out the same. */
  same: number;
  /** `name = value: why`, refused by name with every row still there. */
  refused: string[];
  /** Anything else. */
  broken: string[];
}

/** Sets one variable to each of its other values in turn, and tries everything under it. */
export async function judge(
  { administer, tryAll }: Laboratory,
  { name, original, others }: InheritedVariable,
  verdicts: Verdicts,
): Promise<void> {
  for (const value of others) {
    await administer(`SET GLOBAL ${name} = ${value}`);
    const differs = await tryAll().finally(() => administer(`SET GLOBAL ${name} = ${original}`));
    if (differs === undefined) verdicts.same++;
    else
      (differs.rowsGone || !differs.what.includes(name) ? verdicts.broken : verdicts.refused).push(
        `${name} = ${value}: ${differs.what}`,
      );
  }
}
