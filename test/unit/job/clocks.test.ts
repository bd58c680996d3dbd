import { expect, test } from 'vitest';
import { disagreement } from '../../../src/job/clocks.ts';

const worker = Date.parse('2026-11-28T12:00:00Z');
const seconds = (number: number) => worker + number * 1000;

test.each([
  ['all say the same', { server: worker, worker, schedule: worker }, undefined],
  ['MySQL’s is a minute ahead', { server: seconds(60), worker }, undefined],
  [
    'MySQL’s is two minutes ahead',
    { server: seconds(120), worker },
    /^clocks disagree: MySQL’s says 2026-11-28T12:02:00Z/,
  ],
  [
    'MySQL’s is two minutes behind',
    { server: seconds(-120), worker },
    /MySQL’s says 2026-11-28T11:58:00Z, this worker’s/,
  ],
  ['MySQL took a minute to answer', { server: seconds(100), worker, within: 60_000 }, undefined],
  ['the attempt waited a day for a worker', { server: worker, worker, schedule: seconds(-86_400) }, undefined],
  [
    'Temporal’s is a day ahead',
    { server: worker, worker, schedule: seconds(86_400) },
    /Temporal’s says 2026-11-29T12:00:00Z/,
  ],
])('where %s', (_, clocks, said) => {
  const found = disagreement(clocks);
  if (said) expect(found).toMatch(said);
  else expect(found).toBeUndefined();
});
