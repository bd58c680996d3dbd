import { describe, expect, test } from 'vitest';
import { undatedDay } from '../../../src/model/day.ts';
import { targets } from '../../../src/readers/targets.ts';
import { changedDays, manifestColumn, manifestOfDay, shapeOfDays } from '../../support/manifests.ts';

const naming = { schema: 'arch', view: 'events', dates: 'null' } as const;

describe.each(Object.entries(targets))('--for %s', (_, { make, text }) => {
  test('a table whose columns changed, in the hive layout', () => {
    expect(text(make(shapeOfDays(changedDays()), naming))).toMatchSnapshot();
  });

  test('rows without a day, keys that are there twice, another layout, dates as text', () => {
    const columns = ['id bigint', 'at datetime', 'd date', 'dt varchar(9)'].map((each) => manifestColumn(each));
    const manifests = [manifestOfDay(undatedDay, columns), manifestOfDay('2026-08-01', columns)];
    const folder = { prefix: 'lake', database: 'life', table: 'events' };
    for (const layout of ['plain', 'dt'] as const) {
      const shape = shapeOfDays(manifests, {
        folder: { ...folder, layout },
        keepsBoth: true,
        endpoint: 'http://127.0.0.1:8333',
      });
      expect(text(make(shape, { ...naming, dates: 'text' }))).toMatchSnapshot();
    }
  });
});
