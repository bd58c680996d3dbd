import { createHash, type Hash } from 'node:crypto';
import { promisify } from 'node:util';
import { parentPort } from 'node:worker_threads';
import { gunzip as gunzipCallback } from 'node:zlib';
import type { Encoding } from '../archive/column.ts';
import { type Digest, digestCsv } from '../archive/digest.ts';

const gunzip = promisify(gunzipCallback);

/** A part's turn begins: what its members hold. */
export interface BeginPart {
  kind: 'begin';
  encodings: Encoding[];
  salt: string;
  compression: 'gzip' | 'none';
}

/** A chunk's bytes as S3 returned them. */
export interface ReadMember {
  kind: 'member';
  bytes: Uint8Array;
}

export interface EndPart {
  kind: 'end';
}

/** The answer to a member: what it was found to hold, or why it is none. */
export interface Found {
  uncompressedBytes: number;
  digest?: Digest;
  damage?: string;
}

/** The answer to a part's end. */
export interface FoundPart {
  sha256: string;
}

let part: (BeginPart & { hash: Hash }) | undefined;
/** Answers keep the members' order, while the pool unpacks the next one. */
let turn: Promise<unknown> = Promise.resolve();

parentPort?.on('message', (message: BeginPart | ReadMember | EndPart) => {
  if (message.kind === 'begin') part = { ...message, hash: createHash('sha256') };
  if (!part) return;
  const { hash, encodings, salt, compression } = part;
  if (message.kind === 'member') {
    const member = Buffer.from(message.bytes.buffer, message.bytes.byteOffset, message.bytes.length);
    const unpacked = compression === 'gzip' ? gunzip(member) : Promise.resolve(member);
    unpacked.catch(() => undefined);
    turn = turn.then(async () => parentPort?.postMessage(await prove(unpacked, hash, encodings, salt)));
  }
  if (message.kind === 'end')
    turn = turn.then(() => parentPort?.postMessage({ sha256: hash.digest('hex') } satisfies FoundPart));
});

async function prove(unpacked: Promise<Buffer>, hash: Hash, encodings: Encoding[], salt: string): Promise<Found> {
  let uncompressedBytes = 0;
  try {
    const csv = await unpacked;
    uncompressedBytes = csv.length;
    hash.update(csv);
    return { uncompressedBytes, digest: digestCsv(csv, encodings, salt) };
  } catch (error) {
    return { uncompressedBytes, damage: error instanceof Error ? error.message : String(error) };
  }
}
