import type { Config } from '../../config/load.ts';
import { withLedger } from '../../ledger/withLedger.ts';
import { identifier } from '../../mysql/quote.ts';
import { Readiness, type ReadinessLimits } from '../../telemetry/readiness.ts';
import { withClient } from '../connect.ts';

/** What a worker's `/readyz` looks at: the ledger and Temporal. @param limits left out, the usual ones */
export function readinessOf(config: Config, limits?: ReadinessLimits): Readiness {
  const servers = [
    { name: 'the ledger', ask: () => readLedger(config) },
    { name: 'Temporal', ask: () => withClient(async () => undefined) },
  ];
  return new Readiness(servers, limits);
}

/** A look at the ledger, not at the server alone: the schema may be gone, or the right to read it. */
function readLedger(config: Config): Promise<unknown> {
  return withLedger(config.source, ({ session, name }) =>
    session.rows(`SELECT 1 FROM ${identifier(name)}.tables LIMIT 1`),
  );
}
