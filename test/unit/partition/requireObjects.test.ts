import { expect, test } from 'vitest';
import type { Manifest, ManifestPart } from '../../../src/archive/manifest.ts';
import type { Source } from '../../../src/job/source.ts';
import { requireObjects } from '../../../src/partition/openManifest.ts';
import type { ObjectHead } from '../../../src/s3/storedObject.ts';

const object = (key: string) => ({ key, versionId: 'v1', etag: `"${key}"`, bytes: 7, crc32: '' });
const partOf = (part: number) =>
  ({ part, object: object(`t/${part}.csv.gz`), chunkIndex: object(`t/_${part}.ndjson.gz`) }) as ManifestPart;

/** A day of so many parts, in a store that counts what it is asked. */
function dayOf(parts: number, change: (seen: ObjectHead) => ObjectHead | undefined = (seen) => seen, status?: string) {
  const asked = { lists: 0, heads: 0 };
  const manifest = { parts: Array.from({ length: parts }, (_, part) => partOf(part)) } as unknown as Manifest;
  const objects = manifest.parts.flatMap((part) => [part.object, part.chunkIndex]);
  const store = {
    bucket: 'archive',
    listObjects: async () => {
      asked.lists++;
      return objects.flatMap(({ key, etag, bytes }) => change({ key, etag, bytes }) ?? []);
    },
    head: async (key: string) => {
      asked.heads++;
      return { key, etag: '', bytes: 7, archiveStatus: status };
    },
  };
  const source = { store } as unknown as Source;
  return { asked, required: requireObjects(source, manifest, 't/', 'bank.orders 2026-01-05') };
}

test('a day of 5,000 parts is looked at by one listing, not by ten thousand requests (P93)', async () => {
  const { asked, required } = dayOf(5_000);
  await required;
  expect(asked).toEqual({ lists: 1, heads: 0 });
});

const third = 't/3.csv.gz';
const changed = (change: Partial<ObjectHead>) => (seen: ObjectHead) =>
  seen.key === third ? { ...seen, ...change } : seen;

test.each([
  ['is gone', (seen: ObjectHead) => (seen.key === third ? undefined : seen), /3\.csv\.gz is gone; put it back/],
  ['has other bytes', changed({ etag: '"x"' }), /3\.csv\.gz is not the version that was verified/],
  ['is shorter', changed({ bytes: 6 }), /3\.csv\.gz is not the version that was verified/],
  [
    'lies in GLACIER',
    changed({ storageClass: 'GLACIER' }),
    /3\.csv\.gz lies in GLACIER, .*restore-object --bucket archive --key 't\/3\.csv\.gz'/,
  ],
  ['lies in DEEP_ARCHIVE', changed({ storageClass: 'DEEP_ARCHIVE' }), /3\.csv\.gz lies in DEEP_ARCHIVE/],
])('an object that %s stops the day, by its key', async (_, change, says) => {
  await expect(dayOf(5, change).required).rejects.toThrow(says);
});

test('an archive tier of INTELLIGENT_TIERING stops the day, which a listing doesn’t show', async () => {
  const tiering = changed({ storageClass: 'INTELLIGENT_TIERING' });
  await expect(dayOf(5, tiering, 'DEEP_ARCHIVE_ACCESS').required).rejects.toThrow(
    /3\.csv\.gz lies in DEEP_ARCHIVE_ACCESS, .*restore-object/,
  );
  const frequent = dayOf(5, tiering);
  await frequent.required;
  expect(frequent.asked).toEqual({ lists: 1, heads: 1 });
});

test('classes that are read at once are no reason to stop', async () => {
  for (const storageClass of ['STANDARD', 'STANDARD_IA', 'ONEZONE_IA', 'GLACIER_IR'])
    await dayOf(5, changed({ storageClass })).required;
});
