import type { TablePolicy } from '../../config/policy.ts';
import type { Source } from '../../job/source.ts';
import { explain } from '../explain/explain.ts';
import type { StatusFacts } from '../status/facts.ts';
import { readLedger } from '../status/readLedger.ts';
import { readStates } from '../status/snapshot.ts';
import { findingOf } from '../status/stop.ts';
import { tableState } from '../status/tableState.ts';
import type { TableReport } from '../status/tableStatus.ts';
import { commandFor } from '../text/explainText.ts';
import { stateText } from '../text/stateText.ts';
import { ledgerNotes } from '../text/statusText.ts';
import type { Finding } from './finding.ts';

/** What a table's state says that a person should know, in the words of `status`. */
export async function stateFindings(
  source: Source,
  policies: readonly TablePolicy[],
  checked: readonly Finding[],
): Promise<Finding[]> {
  const config = { ...source.config, tables: [...policies] };
  const session = await source.open('READ COMMITTED');
  try {
    const facts = await readStates(session, config, await readLedger(session, config));
    const missing = ledgerNotes(facts).map(
      ({ text }): Finding => ({ what: 'ledger', level: 'note', message: text.replace(/:$/, '.') }),
    );
    const found = facts.tables.flatMap((report) => {
      const still = checked.some(({ what, level }) => what === report.table && level === 'refused');
      return findingsOf(report, facts, still);
    });
    return [...missing, ...found];
  } catch (error) {
    return [{ what: 'ledger', level: 'failed', message: explain(error).message }];
  } finally {
    session.close();
  }
}

/** @param still whether the checks refuse the table now */
function findingsOf(report: TableReport, facts: StatusFacts, still: boolean): Finding[] {
  const what = report.table;
  const state = tableState(report, facts);
  const text = stateText(state, facts.now, report);
  const command = commandFor({ report, facts, state });
  switch (state.kind) {
    case 'stopped': {
      const finding = findingOf({ reason: text, command });
      return [{ what, level: 'refused', message: state.command ? `${finding} ${command}` : finding }];
    }
    case 'refused':
      return [{ what, level: 'note', message: still ? text : `${text}; it opens now, so the next daily run goes on` }];
    case 'failing':
      return [{ what, level: 'failed', message: text }];
    case 'waiting':
      // That no worker is up, or no schedule runs, is a finding of its own.
      return state.for === 'worker' || state.for === 'run' || state.for === 'archive'
        ? []
        : [{ what, level: 'note', message: state.for === 'hold' ? `${text}; ${command}` : text }];
    default:
      return [];
  }
}
