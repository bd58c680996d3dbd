import type { Manifest } from '../archive/manifest.ts';
import type { HistoryRow } from '../ledger/history.ts';
import type { Partition } from '../ledger/ledger.ts';
import type { Day } from '../model/day.ts';
import type { PartitionState } from '../model/partitionState.ts';
import { type Balance, balancesOf } from './balances.ts';

/** One version of one object. */
export interface EvidentObject {
  kind: 'rows' | 'chunk index' | 'manifest';
  key: string;
  versionId: string | null;
  bytes: number;
  /** CRC32 of the object's bytes, as S3 keeps it, in base64; null for the manifest. */
  crc32: string | null;
  /** SHA-256 of the bytes after decompression, in hex; only of objects that hold rows. */
  sha256: string | null;
  rows: number | null;
  /** The XOR of the SHA-256 digests of its rows, in hex. */
  digest: string | null;
  pass: number | null;
  /** How many of the day's columns its rows have. */
  width: number | null;
}

/** All that the ledger and the manifest say of a day. */
export interface DayEvidence {
  day: Day;
  state: PartitionState;
  window: { start: string; end: string };
  zone: string | null;
  /** Rows and digest of the whole day, and the salt that goes into each row's digest; null where no manifest could be read. */
  rows: number | null;
  digest: string | null;
  salt: string | null;
  columns: { name: string; type: string; encoding: string }[];
  revision: number;
  verifiedAt: string | null;
  bytes: number;
  plainBytes: number;
  objects: EvidentObject[];
  heals: { revision: number; at: string; reason: string; added: number; changed: number; removed: number }[];
  purge: { rowsDeleted: number; proofs: number; leftRows: number; passes: number };
  /** What happened to it, by whom and when; oldest first. */
  events: HistoryRow[];
  balances: Balance[];
  /** Why its manifest couldn't be read; null where it could. */
  unread: string | null;
}

/** A day's manifest with the version that was read, or why it couldn't be read. */
export type ReadManifest = { manifest: Manifest; key: string; versionId: string | undefined; bytes: number } | string;

export function dayEvidence(
  { day, ...row }: { day: Day } & Partition,
  read: ReadManifest | undefined,
  events: readonly HistoryRow[],
): DayEvidence {
  const { state, window, rowsDeleted, proofs, leftRows, pass, revision } = row;
  const found = typeof read === 'object' ? read : undefined;
  const manifest = found?.manifest;
  const objects = found ? objectsOf(found) : [];
  return {
    day,
    state,
    window,
    revision,
    zone: manifest?.zone ?? null,
    rows: manifest?.rows ?? null,
    digest: manifest?.xor ?? null,
    salt: manifest?.salt ?? null,
    columns: (manifest?.columns ?? []).map(({ name, columnType, encoding }) => ({ name, type: columnType, encoding })),
    verifiedAt: manifest?.verifiedAt ?? null,
    bytes: objects.reduce((sum, each) => sum + (each.kind === 'manifest' ? 0 : each.bytes), 0),
    plainBytes: (manifest?.parts ?? []).reduce((sum, part) => sum + part.uncompressedBytes, 0),
    objects,
    heals: (manifest?.heals ?? []).map(({ superseded: _, ...heal }) => heal),
    purge: { rowsDeleted, proofs, leftRows, passes: pass },
    events: [...events],
    balances: balancesOf(row, manifest, found?.versionId, events),
    unread: typeof read === 'string' ? read : null,
  };
}

function objectsOf({ manifest, key, versionId, bytes }: Exclude<ReadManifest, string>): EvidentObject[] {
  const none = { sha256: null, rows: null, digest: null, pass: null, width: null };
  const of = (object: Manifest['parts'][number]['object']) => {
    const { key: own, versionId: version = null, bytes: size, crc32 } = object;
    return { key: own, versionId: version, bytes: size, crc32 };
  };
  const parts = manifest.parts.flatMap(({ object, chunkIndex, sha256, rows, xor, pass, width }): EvidentObject[] => [
    { kind: 'rows', ...of(object), sha256, rows, digest: xor, pass, width },
    { kind: 'chunk index', ...of(chunkIndex), ...none },
  ]);
  return [...parts, { kind: 'manifest', key, versionId: versionId ?? null, bytes, crc32: null, ...none }];
}
