import type { Config } from '../../src/config/load.ts';
import { withLedger } from '../../src/ledger/withLedger.ts';
import { isArchived } from '../../src/model/partitionState.ts';
import { formatTableName } from '../../src/model/tableName.ts';
import type { Screen } from './screen.ts';
import type { Calendar } from './size.ts';
import { type BankWrites, bankLine, progressLine } from './text.ts';

/** What the ledger says of all tables together. */
export interface Progress {
  archived: number;
  purged: number;
  /** Tables of which a day was archived anew, with how many rows. */
  healed: Map<string, { changed: number; late: number }>;
}

export interface Follow {
  config: Config;
  calendar: Calendar;
  screen: Screen;
  bank: () => BankWrites;
  /** Called with each look. */
  each: (progress: Progress) => Promise<void>;
}

const mostMillis = 600_000;

/** Shows where it is until every closed day is archived and every day past its retention is purged. @throws why a table stopped */
export async function followToEnd({ config, calendar, screen, bank, each }: Follow): Promise<void> {
  const days = calendar.closed.length * config.tables.length;
  const due = calendar.old.length * config.tables.length;
  const deadline = Date.now() + mostMillis;
  for (;;) {
    const progress = await readProgress(config);
    screen.draw([
      progressLine('archived', progress.archived, days, 'days of tables'),
      progressLine('purged', progress.purged, due, 'past their retention'),
      bankLine(bank()),
    ]);
    await each(progress);
    if (progress.archived >= days && progress.purged >= due) return;
    if (Date.now() > deadline) throw new Error('the job did not end within ten minutes');
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
}

function readProgress(config: Config): Promise<Progress> {
  return withLedger(config.source, async (ledger) => {
    const progress: Progress = { archived: 0, purged: 0, healed: new Map() };
    for (const policy of config.tables) {
      const healed = { changed: 0, late: 0 };
      for (const day of await ledger.days(policy.database, policy.table)) {
        if (day.stopped) throw new Error(day.stopped);
        if (isArchived(day.state)) progress.archived++;
        if (day.state === 'purged') progress.purged++;
        healed.changed += day.rowsChanged;
        healed.late += day.rowsAdded;
      }
      if (healed.changed + healed.late > 0) progress.healed.set(formatTableName(policy), healed);
    }
    return progress;
  });
}
