import { expect, test } from 'vitest';
import type { Manifest, ManifestPart } from '../../../src/archive/manifest.ts';
import type { Source } from '../../../src/job/source.ts';
import { requireObjects } from '../../../src/partition/open/openManifest.ts';
import type { ObjectHead } from '../../../src/s3/storedObject.ts';

const object = (key: string) => ({ key, versionId: 'v1', etag: `"${key}"`, bytes: 7, crc32: '' });
const partOf = (part: number) =>
  ({ part, object: object(`t/${part}.csv.gz`), chunkIndex: object(`t/_${part}.ndjson.gz`) }) as ManifestPart;

/** A day of so many parts, in a store that counts what it is asked at once. */
function dayOf(parts: number, change: (seen: ObjectHead) => ObjectHead | undefined = (seen) => seen) {
  const asked = { heads: 0, atOnce: 0, most: 0 };
  const manifest = { parts: Array.from({ length: parts }, (_, part) => partOf(part)) } as unknown as Manifest;
  const objects = new Map(
    manifest.parts.flatMap((part) => [part.object, part.chunkIndex]).map((each) => [each.key, each]),
  );
  const store = {
    bucket: 'archive',
    head: async (key: string) => {
      asked.heads++;
      asked.most = Math.max(asked.most, ++asked.atOnce);
      await Promise.resolve();
      asked.atOnce--;
      const { etag, bytes, versionId } = objects.get(key) ?? object(key);
      return change({ key, etag, bytes, versionId });
    },
  };
  const source = { store } as unknown as Source;
  return { asked, required: requireObjects(source, manifest, 'bank.orders 2026-01-05') };
}

test('a day of 5,000 parts is looked at sixteen objects at once, each of them (P93)', async () => {
  const { asked, required } = dayOf(5_000);
  await required;
  expect(asked).toEqual({ heads: 10_000, atOnce: 0, most: 16 });
});

const third = 't/3.csv.gz';
const changed = (change: Partial<ObjectHead>) => (seen: ObjectHead) =>
  seen.key === third ? { ...seen, ...change } : seen;

test.each([
  ['is gone', (seen: ObjectHead) => (seen.key === third ? undefined : seen), /3\.csv\.gz is gone; put it back/],
  ['has other bytes', changed({ etag: '"x"' }), /3\.csv\.gz is not the version that was verified/],
  ['is another version of the same bytes', changed({ versionId: 'v2' }), /3\.csv\.gz is not the version/],
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

test('an archive tier of INTELLIGENT_TIERING stops the day, though the class is the same', async () => {
  const tiering = { storageClass: 'INTELLIGENT_TIERING' };
  await expect(dayOf(5, changed({ ...tiering, archiveStatus: 'DEEP_ARCHIVE_ACCESS' })).required).rejects.toThrow(
    /3\.csv\.gz lies in DEEP_ARCHIVE_ACCESS, .*restore-object/,
  );
  await dayOf(5, changed(tiering)).required;
});

test('classes that are read at once are no reason to stop', async () => {
  for (const storageClass of ['STANDARD', 'STANDARD_IA', 'ONEZONE_IA', 'GLACIER_IR'])
    await dayOf(5, changed({ storageClass })).required;
});
