import { expect, test } from 'vitest';
import type { Day } from '../../../src/model/day.ts';
import { type StateFacts, stateKinds, stateOf } from '../../../src/model/tableState.ts';

const day = '2026-09-15' as Day;
const since = '2026-11-22T10:00:00.000000Z';
const nothing: StateFacts = {
  refused: null,
  stopped: null,
  hold: null,
  archiving: null,
  purging: null,
  missing: null,
  due: null,
  lookedAt: true,
  wait: null,
  schedule: null,
  temporal: { workerUp: true, archive: null, purge: null },
};
const open = { activity: 'purgeSlice', day: null, attempt: 1, failure: null, failedAt: null };
const temporal = (parts: Partial<NonNullable<StateFacts['temporal']>>) => ({
  temporal: { workerUp: true, archive: null, purge: null, ...parts },
});
const refused = { reason: 'it has no primary key', remedy: 'add one', command: null, since };
const stopped = { work: 'purge', day, reason: 'rows changed', remedy: null, command: 'sediment heal', since } as const;
const hold = { owner: 'ada', reason: 'lunch', since, exports: false };
const waiting = (waits: string, parts: object = {}) => ({ kind: 'waiting', for: waits, ...parts });

/** Each line: what is the case, the facts, the state. */
const lines: [string, Partial<StateFacts>, object][] = [
  ['nothing to do, and looked at', {}, { kind: 'inOrder' }],
  ['no run has looked at it', { lookedAt: false }, { kind: 'neverLookedAt' }],
  ['refused, whatever else', { refused, stopped, hold, purging: { day } }, { kind: 'refused', ...refused }],
  ['stopped, and held too', { stopped, hold }, { kind: 'stopped', ...stopped }],
  [
    'an export that failed twice',
    { archiving: { day, state: 'exporting' }, ...temporal({ archive: { ...open, attempt: 3, failure: 'no room' } }) },
    { kind: 'failing', work: 'archive', day, times: 2, failure: 'no room' },
  ],
  [
    'a purge that failed once',
    { purging: { day }, ...temporal({ purge: { ...open, attempt: 2, failure: 'no room' } }) },
    { kind: 'failing', work: 'purge', day, times: 1, failure: 'no room' },
  ],
  [
    'an export under a hold of exports fails by the hold',
    { hold: { ...hold, exports: true }, ...temporal({ archive: { ...open, attempt: 9, failure: 'is held by ada' } }) },
    waiting('hold', { reason: 'ada: lunch', since }),
  ],
  ['a hold', { hold, purging: { day } }, waiting('hold', { day, reason: 'ada: lunch', since })],
  ['no worker, a day begun', { purging: { day }, ...temporal({ workerUp: false }) }, waiting('worker', { day })],
  ['no worker, nothing to do', temporal({ workerUp: false }), { kind: 'inOrder' }],
  [
    'the worker was shut down',
    { purging: { day }, ...temporal({ purge: { ...open, failure: 'Worker is shutting down', failedAt: since } }) },
    waiting('worker', { day, since }),
  ],
  [
    'the worker was shut down before its slice had ended',
    {
      purging: { day },
      ...temporal({
        purge: {
          ...open,
          failure: 'Worker is shutting down and this activity did not complete in time',
          failedAt: since,
        },
      }),
    },
    waiting('worker', { day, since, reason: 'waits for a worker: the last one was shut down' }),
  ],
  ['a purge', { purging: { day }, ...temporal({ purge: open }) }, { kind: 'purging', day }],
  ['a purge, by the ledger alone', { purging: { day }, temporal: null }, { kind: 'purging', day }],
  [
    'an export that has written nothing to the ledger yet',
    { missing: { count: 3, from: day }, ...temporal({ archive: { ...open, activity: 'exportPartition', day } }) },
    { kind: 'exporting', day },
  ],
  [
    'such an export that fails',
    {
      missing: { count: 3, from: day },
      ...temporal({ archive: { ...open, day, attempt: 3, failure: 'S3 says 500' } }),
    },
    { kind: 'failing', work: 'archive', day, times: 2, failure: 'S3 says 500' },
  ],
  ['a purge before its first day', { due: day, ...temporal({ purge: open }) }, { kind: 'purging', day }],
  [
    'a heal',
    { purging: { day }, ...temporal({ purge: { ...open, activity: 'healPartition' } }) },
    { kind: 'healing', day },
  ],
  ...(['window', 'fuse', 'clock', 'contention'] as const).map((by): [string, Partial<StateFacts>, object] => [
    `a purge that waits by ${by}`,
    { purging: { day }, wait: { by, reason: 'as it says', since }, ...temporal({ purge: open }) },
    waiting(by, { day, reason: 'as it says', since }),
  ]),
  [
    'a purge that waits for a replica',
    {
      purging: { day },
      wait: { by: 'replicaLagSeconds replica db-2', reason: 'db-2 is behind', since },
      ...temporal({ purge: open }),
    },
    waiting('health', { day, reason: 'db-2 is behind' }),
  ],
  [
    'a purge between two transactions',
    { purging: { day }, wait: { by: 'pace', reason: 'rests', since }, ...temporal({ purge: open }) },
    { kind: 'purging', day },
  ],
  ['a day half purged, and no purge', { purging: { day } }, waiting('run', { day })],
  ['an export', { archiving: { day, state: 'exporting' }, ...temporal({ archive: open }) }, { kind: 'exporting', day }],
  [
    'an export that is read back',
    { archiving: { day, state: 'exported' }, ...temporal({ archive: open }) },
    { kind: 'verifying', day },
  ],
  ['an export that nobody goes on with', { archiving: { day, state: 'exporting' } }, waiting('run', { day })],
  [
    'days without an archive',
    { missing: { count: 3, from: day } },
    waiting('archive', { reason: '3 days wait for the archive' }),
  ],
  ['days that are due', { due: day }, waiting('run', { day })],
  [
    'days that are due, and the schedule is paused',
    { due: day, schedule: 'the schedule is paused' },
    waiting('run', { reason: 'waits for the next daily run: the schedule is paused' }),
  ],
];

test.each(lines)('%s', (_, facts, state) => {
  expect(stateOf({ ...nothing, ...facts })).toMatchObject(state);
});

test('every state is one that a line here comes to', () => {
  const found = new Set(lines.map(([, facts]) => stateOf({ ...nothing, ...facts }).kind));
  expect([...found].sort()).toEqual([...stateKinds].sort());
});
