import type { WriteSettings } from './outfiles.ts';
import type { AuroraFacts } from './statements.ts';

/** What a test changes of the stand-in while it runs. */
export interface AuroraSettings extends AuroraFacts, WriteSettings {
  /** Seconds that the writing to S3 takes: the server sleeps, so that a KILL ends it. */
  slowSeconds: number;
  /** Whether LOAD DATA FROM S3 commits by itself; the documentation doesn't say. */
  loadCommits: boolean;
}

export const defaultSettings: AuroraSettings = {
  version: '3.10.0',
  serverId: 'stand-in-instance-1',
  reader: false,
  commitMicros: 2_000,
  vcpus: 16,
  readers: [{ serverId: 'stand-in-instance-2', lagMillis: 12 }],
  defaultRole: 'arn:aws:iam::123456789012:role/stand-in-s3',
  objectBytes: 6_000_000_000,
  diskBytes: 32 * 2 ** 30,
  refusal: undefined,
  failAfter: undefined,
  emptyObject: false,
  slowSeconds: 0,
  loadCommits: false,
};
