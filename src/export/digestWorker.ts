import { parentPort } from 'node:worker_threads';
import type { Encoding } from '../archive/column.ts';
import { type Digest, digestCsv } from '../archive/digest.ts';
import { messageOf } from '../model/error.ts';

/** The unpacked CSV of a chunk that S3 returned. */
export interface DigestRequest {
  csv: Uint8Array;
  encodings: readonly Encoding[];
  salt: string;
}

/** The digest of the chunk's rows, or why its bytes aren't CSV. */
export type Found = { digest: Digest; damage?: undefined } | { digest?: undefined; damage: string };

parentPort?.on('message', (request: DigestRequest) => parentPort?.postMessage(find(request)));

function find({ csv, encodings, salt }: DigestRequest): Found {
  try {
    return { digest: digestCsv(Buffer.from(csv.buffer, csv.byteOffset, csv.length), encodings, salt) };
  } catch (error) {
    return { damage: messageOf(error) };
  }
}
