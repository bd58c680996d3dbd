import { describe, expect, test } from 'vitest';
import { fitNative, type NativeLayout } from '../../../src/native/fit.ts';

const day = { start: '2026-01-05 00:00:00', end: '2026-01-06 00:00:00' };
const datetime = { name: 't', dataType: 'datetime' };

function layout(lessThan: string[], given: Partial<NativeLayout> = {}): NativeLayout {
  const partitions = lessThan.map((bound, index) => ({ name: `p${index}`, lessThan: bound }));
  return {
    ...{ method: 'RANGE COLUMNS', expression: '`t`', subpartitioned: false, partitions, foreignKeys: [], triggers: [] },
    ...given,
  };
}

describe('a day fits its native partitions', () => {
  test('where one begins and ends with it', () => {
    expect(fitNative(layout(["'2026-01-05'", "'2026-01-06'", 'MAXVALUE']), datetime, day)).toEqual({ names: ['p1'] });
  });

  test('where several make it up, to the second and whatever zeros the server prints', () => {
    const bounds = ["'2026-01-05 00:00:00.000000'", "'2026-01-05 12:00:00'", "'2026-01-06 00:00:00'", "'2026-01-07'"];
    expect(fitNative(layout(bounds), datetime, day)).toEqual({ names: ['p1', 'p2'] });
  });

  test('where the first ends with it: it has no lower bound', () => {
    expect(fitNative(layout(["'2026-01-06'", "'2026-01-07'"]), datetime, day)).toEqual({ names: ['p0'] });
  });

  test('by TO_DAYS, UNIX_TIMESTAMP and the bare number of an epoch', () => {
    const days = layout(['739986', '739987', 'MAXVALUE'], { method: 'RANGE', expression: 'to_days(`t`)' });
    expect(fitNative(days, datetime, day)).toEqual({ names: ['p1'] });
    const dates = { start: '2026-01-05', end: '2026-01-06' };
    expect(fitNative(days, { name: 't', dataType: 'date' }, dates)).toEqual({ names: ['p1'] });
    for (const expression of ['unix_timestamp(`t`)', 'floor(unix_timestamp(`t`))', 'UNIX_TIMESTAMP(T)']) {
      const seconds = layout(['1767571200', '1767657600'], { method: 'RANGE', expression });
      expect(fitNative(seconds, { name: 't', dataType: 'timestamp' }, day)).toEqual({ names: ['p1'] });
    }
    const epochs = layout(['1767571200000', '1767657600000'], { method: 'RANGE' });
    const millis = { start: '1767571200000', end: '1767657600000' };
    expect(fitNative(epochs, { name: 't', dataType: 'bigint' }, millis)).toEqual({ names: ['p1'] });
    // As numbers: as text 9 would stand behind 10.
    const few = layout(['9', '10', '11'], { method: 'RANGE' });
    expect(fitNative(few, { name: 't', dataType: 'int' }, { start: '9', end: '10' })).toEqual({ names: ['p1'] });
  });
});

describe('a day is left to chunks, and the reason says', () => {
  test.each([
    ['no native partitions', layout([], { method: null, expression: null }), /no native partitions/],
    ['HASH', layout(['x'], { method: 'HASH', expression: '`id`' }), /go by HASH \(`id`\)/],
    ['RANGE COLUMNS of two', layout(["'2026-01-06',1"], { expression: '`t`,`id`' }), /`t`,`id`.*not by t alone/],
    ['another column', layout(["'2026-01-06'"], { expression: '`u`' }), /not by t alone/],
    ['a function that is coarser', layout(['2027'], { method: 'RANGE', expression: 'year(`t`)' }), /year\(`t`\)/],
    ['TO_DAYS of an instant', layout(['1'], { method: 'RANGE', expression: 'unix_timestamp(`t`)' }), /not by t alone/],
    ['subpartitions', layout(["'2026-01-06'"], { subpartitioned: true }), /subpartitions/],
    ['foreign keys', layout(["'2026-01-06'"], { foreignKeys: ['shop.lines'] }), /foreign key.*shop\.lines/],
    ['triggers', layout(["'2026-01-06'"], { triggers: ['audit'] }), /trigger audit/],
    ['a month', layout(["'2026-01-01'", "'2026-02-01'"]), /p1 begins before the day, at 2026-01-01/],
    ['the rest of a month', layout(["'2026-01-05'", "'2026-02-01'"]), /p1 goes on after the day, to 2026-02-01/],
    ['the open end', layout(["'2026-01-05'", 'MAXVALUE']), /p1 goes on after the day, to MAXVALUE/],
    ['an earlier begin', layout(["'2026-01-04'", "'2026-01-06'"]), /p1 begins before the day, at 2026-01-04/],
    ['a half that is shared', layout(["'2026-01-05'", "'2026-01-05 12:00:00'", "'2026-01-06 12:00:00'"]), /p2 goes on/],
    ['none so late', layout(["'2026-01-04'", "'2026-01-05'"]), /no native partition ends with the day/],
    ['a half day', layout(["'2026-01-05'", "'2026-01-05 12:00:00'"]), /no native partition ends with the day/],
  ])('%s', (_, given, why) => {
    expect(fitNative(given, datetime, day)).toEqual({ why: expect.stringMatching(why) });
  });
});
