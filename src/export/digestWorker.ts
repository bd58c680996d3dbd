import { parentPort } from 'node:worker_threads';
import type { Encoding } from '../archive/column.ts';
import { type Digest, digestCsv } from '../archive/digest.ts';
import { messageOf } from '../model/error.ts';

/** A chunk's CSV, as S3 returned it and zlib unpacked it. */
export interface DigestAsked {
  csv: Uint8Array;
  encodings: readonly Encoding[];
  salt: string;
}

/** The answer: what the chunk was found to hold, or why it is none. */
export type Found = { digest: Digest; damage?: undefined } | { digest?: undefined; damage: string };

parentPort?.on('message', (asked: DigestAsked) => parentPort?.postMessage(find(asked)));

function find({ csv, encodings, salt }: DigestAsked): Found {
  try {
    return { digest: digestCsv(Buffer.from(csv.buffer, csv.byteOffset, csv.length), encodings, salt) };
  } catch (error) {
    return { damage: messageOf(error) };
  }
}
