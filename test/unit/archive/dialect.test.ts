import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseChunkIndex, renderChunkIndex } from '../../../src/archive/chunk.ts';
import type { Encoding } from '../../../src/archive/column.ts';
import { MalformedCsv, readRows } from '../../../src/archive/csvReader.ts';
import { CsvWriter } from '../../../src/archive/csvWriter.ts';
import { digestCsv, mergeDigests, sameDigest } from '../../../src/archive/digest.ts';
import { dayPrefix, keySegment } from '../../../src/archive/keys.ts';
import { ConfigError } from '../../../src/config/errors.ts';
import { parseConfig } from '../../../src/config/load.ts';
import { dayWindow, parseDay, subtractDuration } from '../../../src/model/day.ts';
import { nextServo, startServo } from '../../../src/pacing/servo.ts';
import { hardTexts } from '../../support/hardTexts.ts';

const salt = '00112233445566778899aabbccddeeff';

function write(rows: readonly (readonly (Buffer | null)[])[], encodings: readonly Encoding[]): Buffer {
  const writer = new CsvWriter(16);
  for (const row of rows) {
    for (const [field, value] of row.entries()) {
      if (field > 0) writer.separator();
      if (value === null) writer.null();
      else writer.value(encodings[field] ?? 'text', value, 0, value.length);
    }
    writer.endRow();
  }
  return writer.take();
}

describe('mysql-csv-v1', () => {
  test.each(hardTexts)('a text that is %j comes back, on one physical line', (value) => {
    const csv = write([[Buffer.from(value), null]], ['text', 'text']);
    expect(csv.indexOf(0x0a)).toBe(csv.length - 1);
    expect([...readRows(csv, ['text', 'text'])]).toEqual([[Buffer.from(value), null]]);
  });

  test('its bytes are those of the dialect', () => {
    const row = [
      Buffer.from('-1.50'),
      Buffer.from('\\N'),
      null,
      Buffer.from('a"\\\n\r\0\u001a'),
      Buffer.from([0, 255]),
    ];
    expect(write([row], ['bare', 'text', 'text', 'text', 'base64']).toString()).toBe(
      '-1.50,"\\\\N",\\N,"a""\\\\\\n\\r\\0\\Z","AP8="\n',
    );
  });

  test('any bytes come back, and the digest tells any two rows apart', () => {
    const value = fc.option(fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)));
    const encodings: Encoding[] = ['text', 'base64', 'text'];
    const row = fc.tuple(value, value, value);
    fc.assert(
      fc.property(row, row, (one, other) => {
        const [first, second] = [write([one], encodings), write([other], encodings)];
        expect([...readRows(first, encodings)]).toEqual([one]);
        const same = first.equals(second);
        expect(sameDigest(digestCsv(first, encodings, salt), digestCsv(second, encodings, salt))).toBe(same);
      }),
    );
  });

  test('a separator inside a value makes no two rows one (P67)', () => {
    const one = write([[Buffer.from('a\u001fb'), Buffer.from('c')]], ['text', 'text']);
    const other = write([[Buffer.from('a'), Buffer.from('b\u001fc')]], ['text', 'text']);
    expect(digestCsv(one, ['text', 'text'], salt)).not.toEqual(digestCsv(other, ['text', 'text'], salt));
  });

  test('XOR is linear, the salt is what keeps rows from being made to cancel: two rows differ by another mask under each salt (P68)', () => {
    const mask = (secret: string) => {
      const rows = ['one', 'other'].map((text) => digestCsv(write([[Buffer.from(text)]], ['text']), ['text'], secret));
      return mergeDigests(rows).xor;
    };
    expect(mask(salt)).not.toBe(mask(salt.replace('0', '1')));
  });

  test('adjacent chunks merge to the digest of both', () => {
    const rows = ['1', '2', '3'].map((text) => [Buffer.from(text)]);
    const of = (some: typeof rows) => digestCsv(write(some, ['bare']), ['bare'], salt);
    expect(mergeDigests([of(rows.slice(0, 1)), of(rows.slice(1))])).toEqual(of(rows));
  });

  test.each(['"a', '"a"b\n', 'a,\n', '"a\\x"\n', '"a"\n"b"', '""\n,'])('%j is refused as damaged', (text) => {
    expect(() => [...readRows(Buffer.from(text), ['text'])]).toThrow(MalformedCsv);
  });
});

describe('days', () => {
  test('a day of 23 and one of 25 hours are whole, and no hour is in two days (P36)', () => {
    const window = (day: string) => dayWindow(parseDay(day), 'epochSeconds', 'Europe/Berlin', 'policy');
    const hours = (day: string) => (Number(window(day).end) - Number(window(day).start)) / 3600;
    expect([hours('2026-03-28'), hours('2026-03-29'), hours('2026-10-25')]).toEqual([24, 23, 25]);
    expect(window('2026-03-29').start).toBe(window('2026-03-28').end);
  });

  test('TIMESTAMP follows the zone, DATETIME is wall time (P35)', () => {
    const day = parseDay('2026-07-01');
    expect(dayWindow(day, 'timestamp', 'Europe/Berlin', 'policy').start).toBe('2026-06-30 22:00:00');
    expect(dayWindow(day, 'datetime', 'Europe/Berlin', 'policy').start).toBe('2026-07-01 00:00:00');
    expect(dayWindow(day, 'datetime', 'Europe/Berlin', 'UTC').start).toBe('2026-06-30 22:00:00');
  });

  test('calendar months clamp', () => {
    expect(subtractDuration(parseDay('2026-04-30'), 'P2M')).toBe('2026-02-28');
    expect(subtractDuration(parseDay('2026-03-31'), 'P60D')).toBe('2026-01-30');
  });

  test.each(['2026-02-30', '26-1-1', 'yesterday'])('%s is no day', (text) => {
    expect(() => parseDay(text)).toThrow(/no day/);
  });
});

test('keys hide nothing and escape everything else', () => {
  expect(keySegment('_a.b c/ü')).toBe('%5Fa.b%20c%2F%C3%BC');
  const place = { prefix: 'p', layout: 'hive' as const, database: 'shop', table: 'orders' };
  expect(dayPrefix(place, parseDay('2026-11-21'))).toBe('p/shop/orders/year=2026/month=11/day=21/');
});

test('a chunk index that is cut off or has a gap is refused', () => {
  const chunk = {
    offset: 0,
    bytes: 10,
    uncompressedBytes: 20,
    cursor: ['t', '1'],
    minKey: '1',
    maxKey: '2',
    rows: 2,
    xor: '0'.repeat(64),
  };
  const text = renderChunkIndex([chunk, { ...chunk, offset: 10 }]);
  expect(parseChunkIndex(text)).toHaveLength(2);
  expect(() => parseChunkIndex(text.slice(0, -1))).toThrow(/cut off/);
  expect(() => parseChunkIndex(renderChunkIndex([chunk, { ...chunk, offset: 11 }]))).toThrow(/expected 10/);
});

describe('the servo', () => {
  test('grows at most by half, settles at the target, and falls to a tenth after a stall', () => {
    const grown = nextServo(startServo(), 1_000, 10);
    expect(grown.rows).toBe(1_500);
    let state = grown;
    for (let round = 0; round < 40; round++) state = nextServo(state, state.rows, state.rows * 0.05);
    expect(state.rows).toBe(5_000);
    expect(nextServo(state, 5_000, 1_251).rows).toBe(500);
  });
});

describe('the config', () => {
  const good = `source: { name: bank, url: "mysql://u@127.0.0.1" }
store: { bucket: archive, region: us-east-1 }
tables:
  - table: shop.orders
    timeColumn: t
`;
  test('defaults are filled in, and nothing is purged unless it says so', () => {
    const { tables } = parseConfig(good, 'f.yaml', {});
    expect(tables[0]).toMatchObject({ database: 'shop', table: 'orders', retention: 'P2M', purge: 'disabled' });
  });

  test.each([
    [
      `${good}    retention: 60 days\n`,
      /f\.yaml:6:16 {2}tables\[0\]\.retention: "60 days" is no ISO 8601 duration.*P60D/,
    ],
    [`${good}    retantion: P2M\n`, /f\.yaml:6:.*retantion: no such key/],
    [
      `${good}    timeColumn: \${NONE}\n`.replace('    timeColumn: t\n', ''),
      /f\.yaml:5:17 {2}the environment has no NONE/,
    ],
    [`${good}    zone: Mars/Base\n`, /no time zone/],
    [good.replace('archive', '['), /f\.yaml:\d+:\d+/],
  ])('a mistake is named with its line: %#', (text, message) => {
    const parse = () => parseConfig(text, 'f.yaml', {});
    expect(parse).toThrow(ConfigError);
    expect(parse).toThrow(message);
  });
});
