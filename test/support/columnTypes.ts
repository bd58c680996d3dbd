import fc from 'fast-check';
import type { Flavor } from '../../src/mysql/session/session.ts';
import { hardTexts, hardUnicodeTexts } from './hardTexts.ts';

/** A column type of a server, with values as SQL literals: the hard ones, and any at all. */
export interface CataloguedType {
  /** As a CREATE TABLE writes it. */
  type: string;
  hard: readonly string[];
  any: fc.Arbitrary<string>;
}

function whole(type: string, bits: number): CataloguedType[] {
  const top = 2n ** BigInt(bits);
  const signed = { min: -top / 2n, max: top / 2n - 1n };
  const unsigned = { min: 0n, max: top - 1n };
  const of = (full: string, { min, max }: typeof signed): CataloguedType => ({
    type: full,
    hard: [String(min), String(max), '0', '1'],
    any: fc.bigInt({ min, max }).map(String),
  });
  return [of(type, signed), of(`${type} UNSIGNED`, unsigned), of(`${type} UNSIGNED ZEROFILL`, unsigned)];
}

function decimal(digits: number, scale: number): CataloguedType {
  const printed = (value: bigint) => {
    const text = String(value < 0n ? -value : value).padStart(scale + 1, '0');
    const point = text.length - scale;
    return `${value < 0n ? '-' : ''}${text.slice(0, point)}${scale > 0 ? `.${text.slice(point)}` : ''}`;
  };
  const max = 10n ** BigInt(digits) - 1n;
  return {
    type: `DECIMAL(${digits},${scale})`,
    hard: [printed(max), printed(-max), '0', printed(1n), printed(-1n)],
    any: fc.bigInt({ min: -max, max }).map(printed),
  };
}

/** A literal that is the very number: with an exponent, for MySQL reads 0.1 as a DECIMAL; `-0` keeps its sign. */
function real(value: number): string {
  if (Object.is(value, -0)) return '-0e0';
  const text = String(value);
  return text.includes('e') ? text : `${text}e0`;
}

const singles = [
  16_777_216,
  16_777_217,
  -0,
  0.1,
  -1.13e-8,
  1e-45,
  1.1754943508222875e-38,
  3.4028234663852886e38,
  1 / 3,
];
const doubles = [5e-324, 2.2250738585072014e-308, Number.MAX_VALUE, -Number.MAX_VALUE, -0, 0.1, 0.1 + 0.2, 1e15, 1e16];
const reals: CataloguedType[] = [
  {
    type: 'FLOAT',
    hard: singles.map(real),
    any: fc.float({ noNaN: true, noDefaultInfinity: true }).map(real),
  },
  {
    type: 'DOUBLE',
    hard: [...doubles, 123_456_789_012_345_680, 1 / 3, 2 ** 53 + 2].map(real),
    any: fc.double({ noNaN: true, noDefaultInfinity: true }).map(real),
  },
  {
    type: 'DOUBLE(12,4)',
    hard: ['0.1', '-12345678.1234'],
    any: fc.integer({ min: -9e6, max: 9e6 }).map((n) => `${n}.125`),
  },
];

function bits(width: number): CataloguedType {
  const max = 2n ** BigInt(width) - 1n;
  return {
    type: `BIT(${width})`,
    hard: [`b'${'1'.repeat(width)}'`, "b'0'"],
    any: fc.bigInt({ min: 0n, max }).map((value) => `b'${value.toString(2)}'`),
  };
}

const two = (value: number) => String(value).padStart(2, '0');
const clock = fc.integer({ min: 0, max: 86_399 }).map((second) => {
  const [hour, minute] = [Math.floor(second / 3600), Math.floor(second / 60) % 60];
  return `${two(hour)}:${two(minute)}:${two(second % 60)}`;
});

function fraction(digits: number): fc.Arbitrary<string> {
  if (digits === 0) return fc.constant('');
  return fc.integer({ min: 0, max: 10 ** digits - 1 }).map((value) => `.${String(value).padStart(digits, '0')}`);
}

const date = fc
  .date({ min: new Date('1000-01-01'), max: new Date('9999-12-31'), noInvalidDate: true })
  .map((value) => value.toISOString().slice(0, 10));
const stampDate = fc
  .date({ min: new Date('1970-01-02'), max: new Date('2038-01-18'), noInvalidDate: true })
  .map((value) => value.toISOString().slice(0, 10));

function timed(digits: number): CataloguedType[] {
  const nines = digits === 0 ? '' : `.${'9'.repeat(digits)}`;
  const joined = (day: fc.Arbitrary<string>) =>
    fc.tuple(day, clock, fraction(digits)).map(([one, other, rest]) => `'${one} ${other}${rest}'`);
  return [
    {
      type: `DATETIME(${digits})`,
      hard: [
        "'0000-00-00 00:00:00'",
        `'9999-12-31 23:59:59${nines}'`,
        "'1000-01-01 00:00:00'",
        "'2024-00-00 10:00:00'",
      ],
      any: joined(date),
    },
    {
      type: `TIMESTAMP(${digits})`,
      hard: ["'1970-01-01 00:00:01'", `'2038-01-19 03:14:07${nines}'`, "'0000-00-00 00:00:00'"],
      any: joined(stampDate),
    },
    {
      type: `TIME(${digits})`,
      hard: ["'-838:59:59'", "'838:59:59'", "'00:00:00'", `'-00:00:00${nines}'`, `'-00:00:01${nines}'`],
      any: fc
        .tuple(fc.constantFrom('', '-'), fc.integer({ max: 837, min: 0 }), fraction(digits))
        .map(([sign, hour, rest]) => `'${sign}${two(hour)}:59:01${rest}'`),
    },
  ];
}

function utf8(text: string): string {
  return `_utf8mb4 x'${Buffer.from(text, 'utf8').toString('hex')}'`;
}

/** What a charset holds beyond ASCII: trail bytes that are a backslash or a quote elsewhere, and its own corners. */
const repertoires: Record<string, readonly string[]> = {
  utf8mb4: hardUnicodeTexts,
  utf16: hardUnicodeTexts,
  utf16le: hardUnicodeTexts,
  utf32: hardUnicodeTexts,
  utf8mb3: ['é漢', '\u2028', '\uffff'],
  ucs2: ['é漢', '\u2028', '\uffff', 'é'],
  latin1: ['é', '€', 'ÿ', '\u0081'],
  ascii: [],
  sjis: ['表ソ能', '漢字', 'ｱ'],
  cp932: ['表ソ能', '①', '～'],
  eucjpms: ['表ソ能', '①'],
  gbk: ['漢字', '乗'],
  big5: ['功許蓋'],
  cp1251: ['Жук', '№'],
  koi8r: ['Жук'],
  tis620: ['ก'],
};

function texts(type: string, charset: string, collation = ''): CataloguedType {
  const own = repertoires[charset] ?? [];
  const values = [...hardTexts, ...own];
  const ascii = fc.string({ unit: 'binary-ascii', maxLength: 20 });
  const any = own === hardUnicodeTexts ? fc.string({ unit: 'binary', maxLength: 12 }) : ascii;
  return {
    type: `${type} CHARACTER SET ${charset}${collation && ` COLLATE ${collation}`}`,
    hard: values.map(utf8),
    any: fc
      .oneof(
        any,
        fc.constantFrom(...values),
        fc.array(fc.constantFrom(...values), { maxLength: 3 }).map((some) => some.join('')),
      )
      .map(utf8),
  };
}

function blob(type: string, maxLength: number): CataloguedType {
  const hex = (bytes: Uint8Array) => `x'${Buffer.from(bytes).toString('hex')}'`;
  const every = Uint8Array.from({ length: 256 }, (_, byte) => byte);
  const values = [new Uint8Array(), Buffer.from('\\N'), Buffer.from('"a,\n'), Buffer.from([0]), Buffer.from([255, 0])];
  return {
    type,
    hard: [...values.map((value) => value.subarray(0, maxLength)), ...(maxLength < 256 ? [] : [every])].map(hex),
    any: fc.uint8Array({ maxLength: Math.min(maxLength, 100) }).map(hex),
  };
}

/** JSON `null` and SQL NULL are two values. */
const json: CataloguedType = {
  type: 'JSON',
  hard: [
    'null',
    '{"a": [1, null, "x\\n\\"y\\""], "b": {}}',
    '"\\\\N"',
    '"\\u0000"',
    '[1.0, 1e300, -0.0, 18446744073709551615]',
    '""',
    '"😀"',
  ].map(utf8),
  any: fc.json({ maxDepth: 2 }).map(utf8),
};

function shapes(flavor: Flavor): CataloguedType[] {
  const of = (type: string, text: string, srid = 0): CataloguedType => {
    const value = `ST_GeomFromText('${text}', ${srid})`;
    return { type, hard: [value], any: fc.constant(value) };
  };
  const any = flavor === 'mysql' ? 'GEOMCOLLECTION' : 'GEOMETRYCOLLECTION';
  return [
    of('POINT', 'POINT(1.5 -2)', 4326),
    of('GEOMETRY', 'POINT(0 0)'),
    of('LINESTRING', 'LINESTRING(0 0, 1 1)'),
    of('POLYGON', 'POLYGON((0 0, 1 0, 1 1, 0 0))'),
    of('MULTIPOINT', 'MULTIPOINT(0 0, 1 1)'),
    of('MULTILINESTRING', 'MULTILINESTRING((0 0, 1 1), (2 2, 3 3))'),
    of('MULTIPOLYGON', 'MULTIPOLYGON(((0 0, 1 0, 1 1, 0 0)))'),
    of(any, 'GEOMETRYCOLLECTION(POINT(1 1), LINESTRING(0 0, 1 1))'),
  ];
}

function ownTypes(flavor: Flavor): CataloguedType[] {
  const quoted = (values: string[]) => values.map((value) => `'${value}'`);
  if (flavor === 'mysql') {
    const vector = (values: number[]) => `TO_VECTOR('[${values.join(',')}]')`;
    const element = fc
      .float({ noNaN: true, noDefaultInfinity: true, max: 2 ** 100, min: -(2 ** 100) })
      .map((value) => (Math.abs(value) < 2 ** -100 ? 0 : value));
    return [
      {
        type: 'VECTOR(3)',
        hard: [vector([1, -0.5, 0]), vector([1e-30, 3.4e37, 2])],
        any: fc.array(element, { minLength: 1, maxLength: 3 }).map(vector),
      },
    ];
  }
  return [
    {
      type: 'UUID',
      hard: quoted(['00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff']),
      any: fc.uuid({ version: [1, 4] }).map((value) => `'${value}'`),
    },
    { type: 'INET4', hard: quoted(['0.0.0.0', '255.255.255.255']), any: fc.ipV4().map((value) => `'${value}'`) },
    { type: 'INET6', hard: quoted(['::', '::ffff:1.2.3.4', 'fe80::1']), any: fc.ipV6().map((value) => `'${value}'`) },
  ];
}

const choice: CataloguedType[] = [
  {
    type: `ENUM('x', 'y "z"', 'é,', '1')`,
    hard: ["'x'", `'y "z"'`, "'é,'", '1', "'1'"],
    any: fc.constantFrom("'x'", "'é,'"),
  },
  { type: `SET('a', 'b', 'c"d')`, hard: ["''", `'a,b,c"d'`, "'b'"], any: fc.integer({ min: 0, max: 7 }).map(String) },
  { type: 'YEAR', hard: ['1901', '2155', "'0000'"], any: fc.integer({ min: 1901, max: 2155 }).map(String) },
  { type: 'DATE', hard: ["'0000-00-00'", "'9999-12-31'", "'2024-02-00'"], any: date.map((day) => `'${day}'`) },
];

/** Every column type that a server has. */
export function catalogue(flavor: Flavor): CataloguedType[] {
  const charsets = Object.keys(repertoires);
  return [
    ...Object.entries({ TINYINT: 8, SMALLINT: 16, MEDIUMINT: 24, INT: 32, BIGINT: 64 }).flatMap(([type, width]) =>
      whole(type, width),
    ),
    ...[decimal(65, 30), decimal(5, 0), decimal(30, 30)],
    ...reals,
    ...[1, 8, 17, 64].map(bits),
    ...[0, 3, 6].flatMap(timed),
    ...choice,
    ...charsets.map((charset) => texts('VARCHAR(60)', charset)),
    ...['CHAR(60)', 'TINYTEXT', 'TEXT', 'MEDIUMTEXT', 'LONGTEXT'].map((type) => texts(type, 'utf8mb4')),
    texts('VARCHAR(60)', 'utf8mb4', 'utf8mb4_bin'),
    texts('VARCHAR(60)', 'latin1', 'latin1_german1_ci'),
    json,
    ...[blob('BINARY(4)', 4), blob('VARBINARY(300)', 300), blob('TINYBLOB', 255)],
    ...['BLOB', 'MEDIUMBLOB', 'LONGBLOB'].map((type) => blob(type, 300)),
    ...shapes(flavor),
    ...ownTypes(flavor),
  ];
}
