import { MalformedChunkIndex } from '../archive/chunk.ts';
import { MalformedCsv } from '../archive/csvReader.ts';
import { errnoOf } from '../mysql/errors.ts';
import {
  AccessRefused,
  NoBucket,
  ObjectArchived,
  ObjectDamaged,
  ObjectTruncated,
  StoreLacks,
  WrongRegion,
} from '../s3/errors.ts';
import { answerOf } from '../s3/refusal.ts';
import { damagedArchive, type Judged, mysqlRules, mysqlStates, noCredentials, s3Rules } from './errorTable.ts';
import { isStop } from './stops.ts';

const retry: Judged = { verdict: 'retry' };
const stop: Judged = { verdict: 'stop' };
const defectRemedy = 'Sediment asked for what is never answered, which is a defect of it: please report this line';

/** Sorts any error that can reach an activity. One that nothing is known of is tried again. */
export function judge(error: unknown): Judged {
  if (isStop(error)) return stop;
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    const found = judgeOne(at);
    if (found?.verdict === 'defect') return { remedy: defectRemedy, ...found };
    if (found) return found;
  }
  return retry;
}

function judgeOne(error: Error): Judged | undefined {
  if (error instanceof NoBucket || error instanceof ObjectArchived) return stop;
  if (error instanceof WrongRegion || error instanceof StoreLacks) return stop;
  if (error instanceof AccessRefused) return judgeRefusal(error.code);
  if (error instanceof ObjectTruncated) return retry;
  if (error instanceof ObjectDamaged || error instanceof MalformedChunkIndex || error instanceof MalformedCsv)
    return damagedArchive;
  const errno = errnoOf(error);
  const state = 'sqlState' in error && typeof error.sqlState === 'string' ? error.sqlState : undefined;
  if (errno === optionPrevents && error.message.includes('NO_ENGINE_SUBSTITUTION')) return otherEngine;
  if (errno === optionPrevents && error.message.includes('skip-grant-tables')) return withoutGrants;
  if (errno !== undefined && state !== undefined) return judgeMysql(errno, state);
  const { code, status } = answerOf(error);
  return code === undefined && status === undefined ? undefined : judgeS3(code, status);
}

/** ER_OPTION_PREVENTS_STATEMENT: a replica's word too, so that the text decides. */
const optionPrevents = 1290;
const otherEngine: Judged = {
  verdict: 'stop',
  remedy: 'The server has another engine for all tables: SET GLOBAL enforce_storage_engine = NULL, or InnoDB',
};

const withoutGrants: Judged = {
  verdict: 'retry',
  remedy:
    'The server runs without its grant tables, so nobody’s rights can be seen: restart it without --skip-grant-tables',
};

/** Its message says already where to look. */
function judgeRefusal(code: string): Judged {
  return s3Rules.get(code)?.verdict === 'retry' || code === noCredentials ? retry : stop;
}

/** By the error's own number, else by its SQLSTATE's class, else by the default: HY000 says nothing, and is tried again. */
export function judgeMysql(errno: number, sqlState: string): Judged {
  return mysqlRules.get(errno) ?? mysqlStates.get(sqlState.slice(0, 2)) ?? retry;
}

/** By S3's own code, else by the status: what a client asks wrongly it asks wrongly again. */
export function judgeS3(code: string | undefined, status: number | undefined): Judged {
  const known = code === undefined ? undefined : s3Rules.get(code);
  if (known) return known;
  if (status === undefined || status >= 500 || passing.includes(status)) return retry;
  if (status === 401 || status === 403) return s3Rules.get('AccessDenied') ?? stop;
  if (status === 404) return s3Rules.get('NoSuchKey') ?? stop;
  return status >= 400 ? { verdict: 'defect' } : retry;
}

/** Timeouts, conflicts, refused conditions, and too many requests. */
const passing = [408, 409, 412, 425, 429];
