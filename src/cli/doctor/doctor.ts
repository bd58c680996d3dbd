import type { Config } from '../../config/load.ts';
import { findPolicy } from '../../config/policy.ts';
import { Source } from '../../job/source.ts';
import { grantsSql } from '../../mysql/schema/grants.ts';
import { type CommonOptions, print } from '../output.ts';
import { screen } from '../screen.ts';
import { paint } from '../text/terminal.ts';
import { probeAurora } from './doctorAurora.ts';
import { checkServer, checkTable } from './doctorMysql.ts';
import { stateFindings } from './doctorState.ts';
import { checkStore } from './doctorStore.ts';
import { checkTemporal } from './doctorTemporal.ts';
import { exitCodeOf, type Finding, findingLines } from './finding.ts';
import { iamLines, iamPolicies } from './iamPolicies.ts';

/** Looks at everything that a run needs and says for each what to do. It writes one object below `_staging/`, and removes it. */
export async function doctor(
  config: Config,
  options: CommonOptions & { grants?: boolean; iam?: boolean; probe?: boolean },
  names: readonly string[],
): Promise<number> {
  const policies = names.length === 0 ? config.tables : names.map((name) => findPolicy(config, name));
  if (options.grants) {
    const sql = grantsSql(policies, config.source.ledger, config.source.user);
    print(options, { sql }, [sql]);
    return 0;
  }
  if (options.iam) {
    const policies = iamPolicies(config);
    print(options, { policies }, iamLines(policies));
    return 0;
  }
  const source = new Source(config);
  try {
    if (options.probe) return report(options, await probeAurora(source));
    const [temporal, store, mysql] = await Promise.all([
      checkTemporal(config),
      checkStore(config, source.store),
      checkServer(source, policies),
    ]);
    const tables: Finding[] = [];
    // Without a server there is nothing to say of its tables.
    if (mysql.reachable) for (const policy of policies) tables.push(...(await checkTable(source, policy)));
    if (mysql.reachable) tables.push(...(await stateFindings(source, policies, tables)));
    const findings = [...temporal, ...store, ...mysql.findings, ...tables];
    return report(options, findings);
  } finally {
    source.close();
  }
}

function report(options: CommonOptions, findings: readonly Finding[]): number {
  const { tty, width, colour } = screen();
  print(options, { findings }, paint(findingLines(findings, width), tty && colour));
  return exitCodeOf(findings);
}
