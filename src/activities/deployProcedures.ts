import { writersOf } from '../aurora/chooseEngine.ts';
import type { Attempt } from '../job/attempt.ts';
import type { Source } from '../job/source.ts';
import { createProcedures, type DeployResult } from '../procedures/createProcedures.ts';

export function deployProcedures(source: Source, _input: object, attempt: Attempt): Promise<DeployResult> {
  return createProcedures({ source, attempt }, (session) => writersOf(session, source.config));
}
