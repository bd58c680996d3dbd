import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../../config/load.ts';
import { findPolicy } from '../../config/policy.ts';
import { collectEvidence } from '../../evidence/collectEvidence.ts';
import type { DayRange } from '../../ledger/days/archivedDays.ts';
import { Ledger } from '../../ledger/ledger.ts';
import { WrongUse } from '../explain/explain.ts';
import { type CommonOptions, exitCodes, print } from '../output.ts';
import { readOnly } from '../readOnly.ts';
import { dayOption } from '../text/dayOption.ts';
import { counted } from '../text/format.ts';
import { ownerName } from '../text/owner.ts';
import { checkScript } from './checkScript.ts';
import { evidencePage, unbalanced } from './page.ts';

interface EvidenceOptions extends CommonOptions {
  from?: string;
  to?: string;
  out?: string;
}

/** @throws WrongUse, InvalidDay */
export function checkEvidence(options: EvidenceOptions): void {
  if (options.out === undefined)
    throw new WrongUse('--out is missing: the folder to write evidence.html and evidence.json into');
  rangeOf(options);
}

function rangeOf({ from, to }: EvidenceOptions): DayRange {
  const range = {
    from: from === undefined ? undefined : dayOption('--from', from),
    to: to === undefined ? undefined : dayOption('--to', to),
  };
  if (range.from && range.to && range.from > range.to) throw new WrongUse(`--from ${from} is after --to ${to}`);
  return range;
}

/** Writes what an auditor holds: one page, the same as JSON, and the script that checks a digest. */
export async function evidence(config: Config, options: EvidenceOptions, named?: string): Promise<number> {
  const policies = named === undefined ? config.tables : [findPolicy(config, named)];
  return readOnly(config, async (session, source) => {
    const ledger = new Ledger(session, config.source.ledger);
    const collected = await collectEvidence(source, ledger, policies, rangeOf(options));
    const folder = String(options.out);
    mkdirSync(folder, { recursive: true });
    const files = {
      'evidence.html': evidencePage(collected),
      'evidence.json': `${JSON.stringify({ ...collected, writtenBy: ownerName() }, null, 1)}\n`,
      'check_digest.py': checkScript,
    };
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    const wrong = unbalanced(collected);
    const days = collected.tables.reduce((sum, { days: own }) => sum + own.length, 0);
    const lines = wrong
      .slice(0, 10)
      .map(({ where, balance }) => `${where}: ${balance.says}: ${balance.left} and ${balance.right} are not the same`);
    const verdict = wrong.length === 0 ? 'all sums balance' : `${counted(wrong.length, 'sum')} not in balance`;
    const counts = `${counted(collected.tables.length, 'table')}, ${counted(days, 'day')}`;
    const end = `${join(folder, 'evidence.html')}: ${counts}; ${verdict}.`;
    const document = { files: Object.keys(files).map((name) => join(folder, name)), days, unbalanced: wrong };
    print(options, document, [...lines, end]);
    return wrong.length === 0 ? exitCodes.ok : exitCodes.failed;
  });
}
