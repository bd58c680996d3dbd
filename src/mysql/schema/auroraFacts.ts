import { isUnknownVariable } from '../errors.ts';
import type { Session } from '../session/session.ts';

/** What an Aurora server can do with S3. */
export interface AuroraFacts {
  /** `3.10.0`. */
  version: string;
  /** Whether it is a reader, which can't be purged. */
  reader: boolean;
  /** The role of the cluster's parameter, as its ARN; empty for none. */
  role: string;
  /** Whether the user may write into S3, once SET ROLE ALL has made its roles active. */
  granted: boolean;
  /** Whether the user may load from S3, likewise. */
  mayLoad: boolean;
}

/** Undefined on any other server. */
export async function readAuroraFacts(session: Session): Promise<AuroraFacts | undefined> {
  const version = await readAuroraVersion(session);
  if (version === undefined) return undefined;
  const [row] = await session.rows('SELECT @@innodb_read_only AS reader');
  const [role] = await session.rows("SHOW GLOBAL VARIABLES LIKE 'aws_default_s3_role'");
  const [older] = version.startsWith('2.')
    ? await session.rows("SHOW GLOBAL VARIABLES LIKE 'aurora_select_into_s3_role'")
    : [];
  const grants = await session.rows('SHOW GRANTS');
  const lines = grants.map((each) => String(Object.values(each)[0]));
  return {
    version,
    reader: Number(row?.reader) === 1,
    role: String(role?.Value ?? '') || String(older?.Value ?? ''),
    granted: lines.some((line) => /AWS_SELECT_S3_ACCESS|SELECT INTO S3/.test(line)),
    mayLoad: lines.some((line) => /AWS_LOAD_S3_ACCESS|LOAD FROM S3/.test(line)),
  };
}

/** The variable exists on Aurora only. */
export async function readAuroraVersion(session: Session): Promise<string | undefined> {
  try {
    const [row] = await session.rows('SELECT @@aurora_version AS version');
    return String(row?.version);
  } catch (error) {
    if (isUnknownVariable(error)) return undefined;
    throw error;
  }
}
