import { z } from 'zod';
import { type ObjectKey, rootPrefix } from './keys.ts';

const server = z.strictObject({
  /** `server_uuid`; on MariaDB its id with its host. */
  id: z.string(),
  host: z.string(),
  port: z.int(),
  dataFolder: z.string(),
  /** When its process started, ISO 8601. */
  startedAt: z.string(),
});

const claim = z.strictObject({
  claimVersion: z.literal(1),
  source: z.string(),
  /** The ledger has the same. */
  word: z.string(),
  server,
  claimedAt: z.string(),
});

/** Which ledger the archive goes by, and on which running server it was last. */
export type Claim = z.infer<typeof claim>;
export type RunningServer = Claim['server'];

export class MalformedClaim extends Error {
  override readonly name = 'MalformedClaim';
}

export function claimKey(prefix: string): ObjectKey {
  return `${rootPrefix(prefix)}_server.json`;
}

/** @throws MalformedClaim */
export function parseClaim(text: string, key: string): Claim {
  try {
    return claim.parse(JSON.parse(text));
  } catch (cause) {
    throw new MalformedClaim(
      `${key} isn't a claim that this Sediment can read: update this worker, or put its newest whole version back, then go on`,
      { cause },
    );
  }
}

export function renderClaim(claim: Claim): Buffer {
  return Buffer.from(`${JSON.stringify(claim, null, 2)}\n`);
}

/** Two readings of one start may differ so much: MySQL's uptime is in whole seconds, and read a moment after the clock. */
const startMillis = 5_000;

/** Whether both are one process of one server: neither a copy nor the same after a restart. */
export function isSameProcess(one: RunningServer, other: RunningServer): boolean {
  const apart = Math.abs(Date.parse(one.startedAt) - Date.parse(other.startedAt));
  return (
    one.id === other.id &&
    one.host === other.host &&
    one.port === other.port &&
    one.dataFolder === other.dataFolder &&
    apart <= startMillis
  );
}

/** As messages name it. */
export function describeServer({ id, host, port, startedAt }: RunningServer): string {
  return `${id} (${host}:${port}, started ${startedAt})`;
}
