import { exitCodes } from '../output.ts';
import type { StatusFacts } from './facts.ts';
import { isUncounted } from './missingRows.ts';
import { tableState } from './tableState.ts';

/**
 * 3 where a table is refused or stopped: a person has to look. 1 where something failed, a run included, waits for a worker, or wasn't
 * looked at, Temporal or a table. 0 is said only where all was looked at, and goes on by itself.
 */
export function statusExitCode(facts: StatusFacts): number {
  const states = facts.tables.map((report) => tableState(report, facts));
  if (facts.strangeServer || states.some(({ kind }) => kind === 'refused' || kind === 'stopped'))
    return exitCodes.refused;
  const unseen =
    (facts.unseen?.size ?? 0) > 0 ||
    facts.tables.some((each) => each.purge === 'enabled' && !each.refused && isUncounted(each, facts.missingRows));
  const damaged = facts.tables.some(({ audit }) => (audit?.damaged.length ?? 0) > 0);
  const unwell = states.some(
    (state) =>
      state.kind === 'failing' ||
      state.kind === 'neverLookedAt' ||
      (state.kind === 'waiting' && state.for === 'worker'),
  );
  const runs = facts.temporal.unreachable !== null || (facts.temporal.failingRuns ?? []).length > 0;
  return damaged || unwell || unseen || runs ? exitCodes.failed : exitCodes.ok;
}
