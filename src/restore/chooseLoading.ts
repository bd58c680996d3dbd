import { compressionOf } from '../archive/keys.ts';
import type { ManifestPart } from '../archive/manifest.ts';
import type { Config } from '../config/load.ts';
import type { TablePolicy } from '../config/policy.ts';
import { type AuroraFacts, readAuroraFacts } from '../mysql/schema/auroraFacts.ts';
import type { Session } from '../mysql/session/session.ts';
import { isPlainKey, unwritableStore } from '../procedures/exportProcedure.ts';

/** By which statement a part's rows are loaded. */
export type LoadingWay = 'LOAD DATA FROM S3' | 'LOAD DATA LOCAL' | 'INSERT';

/** The way of a part, and why it is this one. */
export interface ChosenLoading {
  way: LoadingWay;
  why: string;
}

/** What a server can do for a restore. */
export interface LoadingFacts {
  aurora: AuroraFacts | undefined;
  /** Whether it takes LOAD DATA LOCAL. */
  local: boolean;
}

/** What a restore is of, as far as it decides how rows are loaded. */
export interface Restored {
  policy: Pick<TablePolicy, 'engine'>;
  config: Pick<Config, 'source' | 'store'>;
  /** Whether only rows that meet a condition are loaded. */
  filtered: boolean;
}

export async function readLoadingFacts(session: Session): Promise<LoadingFacts> {
  const [server] = await session.rows('SELECT @@global.local_infile AS local');
  return { aurora: await readAuroraFacts(session), local: ['1', 'ON'].includes(String(server?.local)) };
}

/** A part is loaded in one transaction, by way of the instance's local disk: no larger ones than what an export writes at once. */
const largestBytes = 1 << 30;

/** How a part is loaded, and why. Pure. */
export function chooseLoading(
  facts: LoadingFacts,
  restored: Restored,
  { object }: Pick<ManifestPart, 'object'>,
): ChosenLoading {
  const { aurora } = facts;
  const hindrance = aurora
    ? (serverHindrance(aurora, restored) ?? partHindrance(object))
    : 'the server isn’t Aurora MySQL';
  if (hindrance === undefined)
    return {
      way: 'LOAD DATA FROM S3',
      why: `Aurora MySQL ${aurora?.version} reads uncompressed parts by itself, as ${aurora?.role}`,
    };
  if (facts.local) return { way: 'LOAD DATA LOCAL', why: `local_infile is ON, and ${hindrance}` };
  return { way: 'INSERT', why: `local_infile is OFF (SET GLOBAL local_infile = 1 is faster), and ${hindrance}` };
}

/** Why a server can't read any part by itself; undefined if it can. */
function serverHindrance(facts: AuroraFacts, { policy, config, filtered }: Restored): string | undefined {
  const { source, store } = config;
  if (policy.engine === 'stream') return 'the policy says engine: stream';
  if (filtered) return 'only rows with --where are loaded';
  if (facts.version.startsWith('2.')) return 'Aurora MySQL version 2 has a role of its own for loading';
  if (facts.role === '') return 'the cluster parameter aws_default_s3_role is empty';
  if (!facts.mayLoad)
    return `SHOW GRANTS lists no AWS_LOAD_S3_ACCESS (GRANT AWS_LOAD_S3_ACCESS TO '${source.user}'@'%' lets the server load)`;
  if (store.kmsKey !== undefined && minorOf(facts.version) < 5)
    return `Aurora MySQL reads objects under a key of store.kmsKey since 3.05, and this is ${facts.version}`;
  return unwritableStore(store);
}

/** `3.05.2` and `3.5.2` are 5. */
function minorOf(version: string): number {
  return Number(version.split('.')[1]);
}

function partHindrance({ key, bytes }: ManifestPart['object']): string | undefined {
  if (compressionOf(key) !== 'none') return 'Aurora can’t read gzip';
  if (!isPlainKey(key)) return 'a statement of Aurora’s can’t name its key safely';
  return bytes > largestBytes ? 'a part is larger than 1 GiB' : undefined;
}

/** The ways of many parts, with how many there are of each. Pure. */
export function summedLoadings(
  facts: LoadingFacts,
  restored: Restored,
  parts: readonly Pick<ManifestPart, 'object'>[],
): (ChosenLoading & { parts: number })[] {
  const found = new Map<string, ChosenLoading & { parts: number }>();
  for (const part of parts) {
    const chosen = chooseLoading(facts, restored, part);
    const known = found.get(chosen.why) ?? { ...chosen, parts: 0 };
    found.set(chosen.why, { ...known, parts: known.parts + 1 });
  }
  return [...found.values()];
}
