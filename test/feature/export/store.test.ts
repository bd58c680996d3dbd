import { createHash } from 'node:crypto';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { commitManifest } from '../../../src/activities/commitManifest.ts';
import { exportPartition } from '../../../src/activities/exportPartition.ts';
import { verifyPartition } from '../../../src/activities/verifyPartition.ts';
import { partKey } from '../../../src/archive/keys.ts';
import { findPolicy } from '../../../src/config/policy.ts';
import { Source } from '../../../src/job/source.ts';
import type { Day } from '../../../src/model/day.ts';
import { ObjectStore } from '../../../src/s3/store.ts';
import { type Meddling, spoiledStore } from '../../support/bucket.ts';
import { archiveDay, archivedHex } from '../../support/job.ts';
import { makeWorld, type World } from '../../support/world.ts';

const day = '2026-01-05' as Day;
const rows = 60;
let world: World;
let tables = 0;

beforeAll(async () => {
  world = await makeWorld('mysql');
});
afterAll(() => world.close());

async function fill(): Promise<{ database: string; table: string }> {
  const table = `spoiled${tables++}`;
  await world.sql(`CREATE TABLE ${world.name}.${table} (id INT PRIMARY KEY, note TEXT, t DATETIME NOT NULL, KEY (t))`);
  const notes = Array.from({ length: rows }, (_, id) => createHash('sha256').update(`${id}`).digest('hex').repeat(9));
  const tuples = notes.map((note, id) => `(${id}, '${note}', '${day} 10:00:00')`);
  await world.sql(`INSERT INTO ${world.name}.${table} VALUES ${tuples.join(', ')}`);
  world.add({ table, timeColumn: 't', chunkRows: 13 });
  return { database: world.name, table };
}

function sourceWith(store: ObjectStore): Source {
  const source = new Source(world.config);
  source.store.close();
  return Object.assign(source, { store });
}

async function stateOf(name: { database: string; table: string }): Promise<string | undefined> {
  return (await world.ledger.readPartition({ ...name, day }))?.state;
}

type Step = 'export' | 'verify' | 'commit';
const steps = { export: exportPartition, verify: verifyPartition, commit: commitManifest };

/** Goes up to a step with a sound store, takes that step with the spoiled one, and then lets a sound retry finish. */
async function refusedAt(step: Step, meddle: Meddling, message: RegExp): Promise<void> {
  const name = await fill();
  const input = { table: `${name.database}.${name.table}`, day };
  for (const earlier of ['export', 'verify'] as const) {
    if (earlier === step) break;
    await steps[earlier](world.source, input, world.attempt);
  }
  const before = await stateOf(name);
  const { store, close } = await spoiledStore(world.name, meddle);
  const source = sourceWith(store);
  await expect(steps[step](source, input, world.attempt)).rejects.toThrow(message);
  await close();
  expect(['exporting', before]).toContain(await stateOf(name));
  const keys = await world.source.store.list(`${name.database}/${name.table}/`);
  expect(keys.filter((key) => key.endsWith('_manifest.json'))).toEqual([]);
  await archiveDay(world, name, day);
  expect(await archivedHex(world, name, day)).toHaveLength(rows);
}

const isPart = (url: string | undefined) => /\.csv\.gz/.test(url ?? '');

/** Answers a GET of a part with something else than its bytes. */
function partAnswers(change: (body: Buffer) => Buffer): Meddling {
  return (asked, answer, out, pass) => {
    if (asked.method !== 'GET' || !isPart(asked.url)) return pass();
    const pieces: Buffer[] = [];
    answer.on('data', (piece: Buffer) => pieces.push(piece));
    answer.on('end', () => {
      const body = change(Buffer.concat(pieces));
      // The checksum headers go, as a store without them would send none.
      out.writeHead(200, { 'content-length': body.length, etag: String(answer.headers.etag) });
      out.end(body);
    });
  };
}

function denied(when: (method: string | undefined, url: string) => boolean): Meddling {
  return (asked, answer, out, pass) => {
    if (!when(asked.method, asked.url ?? '')) return pass();
    answer.resume();
    out.writeHead(403, { 'content-type': 'application/xml' });
    out.end(asked.method === 'HEAD' ? '' : '<Error><Code>AccessDenied</Code><Message>no</Message></Error>');
  };
}

describe('a store that', () => {
  test('gives back a part cut short, with a length to match, verifies nothing (P38)', () =>
    refusedAt(
      'verify',
      partAnswers((body) => body.subarray(0, body.length - 100)),
      /ends in chunk|gzip/,
    ));

  test('gives back no more than the first chunks verifies nothing (P38)', () =>
    refusedAt(
      'verify',
      partAnswers((body) => body.subarray(0, 0)),
      /ends in chunk 0/,
    ));

  test.each([20, 0.5, -30])('flips one bit at %d of a part verifies nothing', (at) =>
    refusedAt(
      'verify',
      partAnswers((body) => {
        const place = at < 0 ? body.length + at : at < 1 ? Math.floor(body.length * at) : at;
        const spoiled = Buffer.from(body);
        spoiled[place] = (spoiled[place] ?? 0) ^ 4;
        return spoiled;
      }),
      /came back damaged twice; it is exported again/,
    ),
  );

  test('breaks off in the middle of a part verifies nothing (P39)', () =>
    refusedAt(
      'verify',
      (asked, answer, out, pass) => {
        if (asked.method !== 'GET' || !isPart(asked.url)) return pass();
        out.writeHead(200, answer.headers);
        answer.once('data', (piece: Buffer) => out.write(piece.subarray(0, 500), () => out.destroy()));
      },
      /cut off after 500/,
    ));

  test('answers 200 with an error for a body verifies nothing', () =>
    refusedAt(
      'verify',
      partAnswers(() => Buffer.from('<Error><Code>InternalError</Code></Error>')),
      /ends in chunk 0|gzip/,
    ));

  test('completes an upload with 200 and an error for a body has stored nothing (P7, P38)', () =>
    refusedAt(
      'export',
      (asked, answer, out, pass) => {
        if (asked.method !== 'POST' || !/uploadId=/.test(asked.url ?? '') || !isPart(asked.url)) return pass();
        answer.resume();
        out.writeHead(200, { 'content-type': 'application/xml' });
        out.end('<Error><Code>AccessDenied</Code><Message>no</Message></Error>');
      },
      /refused \(AccessDenied\)/,
    ));

  test.each([
    ['verify', 'GET', (method: string | undefined, url: string) => method === 'GET' && isPart(url)],
    ['export', 'PUT', (method: string | undefined) => method === 'PUT'],
    ['export', 'completion', (method: string | undefined, url: string) => method === 'POST' && /uploadId=/.test(url)],
    ['export', 'creation', (method: string | undefined, url: string) => method === 'POST' && /uploads/.test(url)],
    ['commit', 'listing', (method: string | undefined, url: string) => method === 'GET' && /uploads/.test(url)],
  ] as const)('denies at %s a %s is named, and a denial is no "isn’t there" (P13)', (step, _, when) =>
    refusedAt(step, denied(when), /access to bucket .* was refused \(AccessDenied\)/),
  );

  test('denies the HEAD of the manifest is asked no further: the day isn’t taken for new (P13)', () =>
    refusedAt(
      'export',
      // It alone: the bucket itself is there, and answers.
      denied((method, url) => method === 'HEAD' && url.includes('_manifest.json')),
      /was refused/,
    ));
});

/** A proxy that spoils what is sent to the store. */
async function spoiledUploads(change: (body: Buffer) => Buffer): Promise<{ source: Source; close(): Promise<void> }> {
  const { endpoint, ...options } = world.config.store;
  const { hostname, port } = new URL(String(endpoint));
  const server = createServer((asked, out) => {
    const pieces: Buffer[] = [];
    asked.on('data', (piece: Buffer) => pieces.push(piece));
    asked.on('end', () => {
      const sent = Buffer.concat(pieces);
      const body = asked.method === 'PUT' ? change(sent) : sent;
      const headers = { ...asked.headers, 'content-length': String(body.length) };
      const onward = request({ hostname, port, method: asked.method, path: asked.url, headers }, (answer) => {
        out.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(out);
      });
      onward.on('error', () => out.destroy());
      onward.end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const store = new ObjectStore({ ...options, endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
  return {
    source: sourceWith(store),
    close() {
      store.close();
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

describe('an upload', () => {
  test.each([
    ['cut short', (body: Buffer) => body.subarray(0, body.length >> 1)],
    ['with a flipped bit', (body: Buffer) => Buffer.from(body).fill((body[99] ?? 0) ^ 1, 99, 100)],
  ])('%s on its way fails the export, and the retry archives every row (P38)', async (_, change) => {
    const name = await fill();
    const { source, close } = await spoiledUploads(change);
    await expect(
      exportPartition(source, { table: `${world.name}.${name.table}`, day }, world.attempt),
    ).rejects.toThrow();
    await close();
    expect(await stateOf(name)).toBe('exporting');
    expect(await world.source.store.listUploads(`${name.database}/${name.table}/`)).toEqual([]);
    await archiveDay(world, name, day);
    expect(await archivedHex(world, name, day)).toHaveLength(rows);
  });

  test('beside an object that no ledger row accounts for is refused, each time: it is neither written over nor swept (P40, P86)', async () => {
    const name = await fill();
    const input = { table: `${name.database}.${name.table}`, day };
    const place = world.source.folderOf(findPolicy(world.config, input.table));
    await archiveDay(world, name, '2026-01-09');
    const { key } = await world.source.store.putNew(
      partKey(place, day, { part: 0, epoch: 1, compression: 'gzip' }),
      Buffer.from('another run’s'),
    );
    for (let attempt = 1; attempt <= 2; attempt++)
      await expect(archiveDay(world, name, day)).rejects.toThrow(
        `${key} lies in S3, and the ledger knows nothing of this day`,
      );
    expect((await world.source.store.read(key)).toString()).toBe('another run’s');
    expect(await stateOf(name)).toBeUndefined();
    await world.source.store.remove(key);
    await archiveDay(world, name, day);
    expect(await archivedHex(world, name, day)).toHaveLength(rows);
  });

  test('that a dead machine left lingers no longer than until the day is committed (P41)', async () => {
    const name = await fill();
    const place = world.source.folderOf(findPolicy(world.config, `${name.database}.${name.table}`));
    const left = await world.source.store.createUpload(
      partKey(place, day, { part: 7, epoch: 99, compression: 'gzip' }),
    );
    expect(await world.source.store.listUploads(left.target.key)).toHaveLength(1);
    await archiveDay(world, name, day);
    expect(await world.source.store.listUploads(left.target.key)).toEqual([]);
  });

  test('that fails is aborted: the parts of a failed export cost nothing (P41)', async () => {
    const name = await fill();
    const failing = new Source(world.config);
    const place = world.source.folderOf(findPolicy(world.config, `${name.database}.${name.table}`));
    const heartbeat = () => {
      throw new Error('the worker is told to stop');
    };
    const input = { table: `${name.database}.${name.table}`, day };
    await expect(exportPartition(failing, input, { ...world.attempt, heartbeat })).rejects.toThrow('told to stop');
    failing.close();
    expect(
      await world.source.store.listUploads(partKey(place, day, { part: 0, epoch: 1, compression: 'gzip' })),
    ).toEqual([]);
  });
});

test('what a dead machine had finished is in S3 and the ledger, not on its disk: another machine goes on (P42)', async () => {
  const name = await fill();
  Object.assign(findPolicy(world.config, `${name.database}.${name.table}`), { partBytes: 1 });
  const input = { table: `${name.database}.${name.table}`, day };
  let beats = 0;
  const heartbeat = () => {
    if (++beats === 2) throw new Error('the machine is gone, its disk too');
  };
  const gone = new Source(world.config);
  await expect(exportPartition(gone, input, { ...world.attempt, heartbeat })).rejects.toThrow('its disk too');
  gone.close();
  const kept = await world.ledger.readParts({ ...name, day });
  expect(kept.length).toBeGreaterThan(0);
  expect(kept.length).toBeLessThan(rows);
  const { TMPDIR } = process.env;
  process.env.TMPDIR = '/nonexistent';
  await archiveDay(world, name, day, new Source(world.config));
  if (TMPDIR === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = TMPDIR;
  expect((await world.ledger.readParts({ ...name, day })).slice(0, kept.length)).toEqual(kept);
  expect(await archivedHex(world, name, day)).toHaveLength(rows);
});
