import type { TablePolicy } from '../../config/policy.ts';
import type { Source } from '../../job/source.ts';
import { formatTableName } from '../../model/tableName.ts';
import { explain } from '../explain.ts';
import { readLedger } from '../status/readLedger.ts';
import { findingOf } from '../status/stop.ts';
import { tableState } from '../status/tableState.ts';
import { reportTable } from '../status/tableStatus.ts';
import type { TemporalReport } from '../status/temporalStatus.ts';
import { commandFor } from '../text/explainText.ts';
import { stateText } from '../text/stateText.ts';
import type { Finding } from './finding.ts';

/** A state by the ledger alone: what Temporal knows is told beside it. */
const unread: TemporalReport = {
  unreachable: '',
  workerHeardSecondsAgo: null,
  purges: new Map(),
  archives: new Map(),
  schedule: null,
};

/** What the ledger says of tables that are refused or stopped, in the words of `status`. */
export async function stateFindings(
  source: Source,
  policies: readonly TablePolicy[],
  checked: readonly Finding[],
): Promise<Finding[]> {
  const { config } = source;
  const session = await source.open('READ COMMITTED');
  try {
    const ledger = await readLedger(session, config);
    return policies.flatMap((policy): Finding[] => {
      const what = formatTableName(policy);
      const report = reportTable(policy, config.schedule.at, ledger);
      const empty = { rates: new Map(), spent: new Map(), missingRows: new Map(), bounds: new Map() };
      const facts = { now: ledger.now, source: config.source.name, tables: [report], temporal: unread, ...empty };
      const state = tableState(report, facts);
      const text = stateText(state, ledger.now, report);
      if (state.kind === 'stopped') {
        const command = commandFor({ report, facts, state });
        const finding = findingOf({ reason: text, command });
        return [{ what, level: 'refused', message: state.command ? `${finding} ${command}` : finding }];
      }
      if (state.kind !== 'refused') return [];
      const still = checked.some((each) => each.what === what && each.level === 'refused');
      return [{ what, level: 'note', message: still ? text : `${text}; it opens now, so the next daily run goes on` }];
    });
  } catch (error) {
    return [{ what: 'ledger', level: 'failed', message: explain(error).message }];
  } finally {
    session.close();
  }
}
