import { ConfigError, UnknownTable } from '../../config/errors.ts';
import { InvalidDay } from '../../model/day.ts';
import { InvalidDuration } from '../../model/duration.ts';
import { codeOf } from '../../model/error.ts';
import { InvalidTableName } from '../../model/tableName.ts';
import { ServerUnreachable } from '../../mysql/session/connect.ts';
import { StoreRefused } from '../../s3/errors.ts';
import { speaksTls, temporalAddress } from '../connect.ts';
import { exitCodes } from '../output.ts';

/** The command line makes no sense; the message says what to type. */
export class WrongUse extends Error {
  override readonly name = 'WrongUse';
}

const mysqlRemedies: Record<string, string> = {
  ECONNREFUSED: 'no MySQL server answers there; look at source.url and the network',
  ENOTFOUND: 'the host of source.url has no address',
  ETIMEDOUT: 'the MySQL server doesn’t answer; look at source.url and the security group',
  ECONNRESET: 'the MySQL server, or what lies before it, closes the connection; look at source.url and at its own log',
  EHOSTUNREACH: 'no network leads to the MySQL server; look at source.url and the security group',
  ENETUNREACH: 'no network leads to the MySQL server; look at source.url and the security group',
  EAI_AGAIN: 'the name server doesn’t answer for the host of source.url',
  ER_ACCESS_DENIED_ERROR: 'MySQL refused user or password; look at source.url and source.password',
  ER_DBACCESS_DENIED_ERROR: 'the user lacks a right; `sediment doctor --grants` prints what it needs',
  ER_TABLEACCESS_DENIED_ERROR: 'the user lacks a right; `sediment doctor --grants` prints what it needs',
  ER_SPECIFIC_ACCESS_DENIED_ERROR: 'the user lacks a right; `sediment doctor --grants` prints what it needs',
  ER_PROCACCESS_DENIED_ERROR: 'the user lacks a right; `sediment doctor --grants` prints what it needs',
  ER_NO_SUCH_TABLE: 'the ledger isn’t there yet; it is made when the first worker starts',
  ER_BAD_DB_ERROR: 'the ledger isn’t there yet; it is made when the first worker starts',
};

const wrongUses = [WrongUse, ConfigError, UnknownTable, InvalidTableName, InvalidDay, InvalidDuration];

/** One line for a person, and the exit code. */
export function explain(error: unknown): { message: string; code: number } {
  if (!(error instanceof Error)) return { message: String(error), code: exitCodes.failed };
  const usage = wrongUses.some((kind) => error instanceof kind);
  if (usage) return { message: error.message, code: exitCodes.usage };
  if (error instanceof StoreRefused) return { message: error.message, code: exitCodes.failed };
  const code = codeOf(error) ?? '';
  const remedy = mysqlRemedies[code];
  if (remedy) {
    return { message: `mysql: ${remedy} (${detailOf(error) || code})`, code: exitCodes.failed };
  }
  if (error.message.includes('Failed to connect before the deadline') || code === '14' || code === '4')
    return {
      message: speaksTls()
        ? `temporal: no server answers by TLS at ${temporalAddress().address}; look at TEMPORAL_ADDRESS, at TEMPORAL_TLS_… ` +
          'or temporal.toml, and at TEMPORAL_API_KEY, by which TLS is used too'
        : `temporal: no server answers at ${temporalAddress().address}; set TEMPORAL_ADDRESS, or start one with: temporal server start-dev`,
      code: exitCodes.failed,
    };
  // PERMISSION_DENIED and UNAUTHENTICATED
  if (code === '7' || code === '16')
    return {
      message:
        `temporal: ${temporalAddress().address} lets nobody in by these credentials (${error.message}); ` +
        'look at TEMPORAL_API_KEY, TEMPORAL_TLS_… or temporal.toml, and at the rights in the namespace',
      code: exitCodes.failed,
    };
  if (code === '5' && error.message.includes('amespace'))
    return {
      message: `temporal: the namespace ${temporalAddress().namespace} isn't registered; temporal operator namespace create ${temporalAddress().namespace}`,
      code: exitCodes.failed,
    };
  if ((error instanceof TypeError || error instanceof ReferenceError) && !error.cause)
    return {
      message: `this is a defect of Sediment; please report this line: ${error.message}`,
      code: exitCodes.failed,
    };
  return { message: error.message, code: exitCodes.failed };
}

/** The network's own word, with the address: the driver's wrapping of it would say the same twice. */
function detailOf(error: Error): string {
  if (!(error instanceof ServerUnreachable) || !(error.cause instanceof Error)) return error.message;
  const { message } = error.cause;
  return message.includes(error.address) ? message : `${message || error.code} from ${error.address}`;
}
