import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Column } from '../../src/archive/column.ts';
import { keyWeights } from '../../src/heal/keyWeights.ts';
import { makeWorld, type World } from '../support/world.ts';

/** Letters that collations know several ways to write, and what some ignore. */
const letters = [
  ...[
    'a',
    'A',
    'á',
    'Á',
    'ä',
    'Ä',
    'å',
    'Å',
    'a\u0301',
    'A\u030a',
    'aa',
    'AA',
    'ae',
    'æ',
    'Æ',
    'ā',
    'ą',
    'ạ',
    'ａ',
    'ⓐ',
    'ª',
  ],
  ...[
    'c',
    'ç',
    'č',
    'ć',
    'ch',
    'CH',
    'Ch',
    'cs',
    'd',
    'ď',
    'đ',
    'ð',
    'dž',
    'ǆ',
    'ǅ',
    'e',
    'é',
    'è',
    'ê',
    'ë',
    'ě',
    'ə',
  ],
  ...[
    'f',
    'fi',
    'ﬁ',
    'ff',
    'ﬀ',
    'ﬃ',
    'g',
    'ğ',
    'gy',
    'h',
    'i',
    'I',
    'ı',
    'İ',
    'í',
    'ij',
    'ĳ',
    'j',
    'k',
    'l',
    'ł',
    'll',
    'LL',
    'lj',
  ],
  ...[
    'n',
    'ñ',
    'ň',
    'nj',
    'o',
    'ö',
    'Ö',
    'ø',
    'ő',
    'œ',
    'oe',
    'OE',
    'ó',
    'r',
    'ř',
    's',
    'ß',
    'ẞ',
    'ss',
    'SS',
    'ſ',
    'š',
    'ș',
    'ş',
    'sz',
  ],
  ...['t', 'ț', 'ţ', 'þ', 'th', 'u', 'ü', 'ű', 'ue', 'v', 'w', 'x', 'y', 'ÿ', 'ý', 'z', 'ž', 'ż'],
  ...['α', 'ά', 'Α', 'σ', 'ς', 'Σ', 'ι', 'ΐ', 'я', 'Я', 'е', 'ё', 'и', 'й', 'і', 'ї', 'ا', 'أ', 'آ', 'ה', 'שׁ', 'ש'],
  ...[
    'か',
    'が',
    'カ',
    'ガ',
    'ｶ',
    'ｶﾞ',
    'は',
    'ば',
    'ぱ',
    'ハ',
    'っ',
    'つ',
    'ー',
    'あ',
    'ぁ',
    'ア',
    'ァ',
    '々',
    '漢',
    '汉',
    '가',
    '각',
    'ᄀ',
    'ก',
    'กา',
  ],
  ...[
    '1',
    '１',
    '¹',
    '①',
    '٣',
    '3',
    '-',
    '‐',
    '–',
    '_',
    '.',
    ',',
    "'",
    '’',
    '"',
    '“',
    '\u00ad',
    '\u200b',
    '\u200d',
    '\u0000',
    '\t',
    '\u00a0',
    '\u3000',
  ],
  ...['😀', '😁', '𝐚', '𐐀', '𐐨', '\u0301', '\u0308', 'ʹ', '€', '£'],
];
const texts = [
  ...new Set(letters.flatMap((one) => [one, `${one} `, `x${one}y`, `${one}\u00a0`, `${one}\u0301`])),
  ...[
    '',
    ' ',
    '  ',
    'straße',
    'strasse',
    'STRASSE',
    'Straße ',
    'café',
    'cafe',
    'cafe\u0301',
    'CAFÉ',
    'ＡＢ',
    'ab',
    'Ab ',
  ],
];

describe.each(['mysql', 'mariadb'] as const)('on %s', (flavor) => {
  let world: World;
  beforeAll(async () => {
    world = await makeWorld(flavor);
  });
  afterAll(() => world.close());

  const hex = (text: string) => Buffer.from(text).toString('hex');

  test('keys that the server takes for one have one weight, under each of its collations', async () => {
    await world.sql(`CREATE TABLE ${world.name}.texts (n INT PRIMARY KEY, v VARCHAR(20)) CHARACTER SET utf8mb4`);
    const tuples = texts.map((text, number) => `(${number}, _utf8mb4 x'${hex(text)}')`);
    await world.sql(`INSERT INTO ${world.name}.texts VALUES ${tuples.join(', ')}`);
    await world.sql('SET SESSION group_concat_max_len = 1000000');
    const collations = await world.sql(
      flavor === 'mysql'
        ? 'SELECT COLLATION_NAME AS name, CHARACTER_SET_NAME AS charset FROM information_schema.COLLATIONS'
        : 'SELECT FULL_COLLATION_NAME AS name, CHARACTER_SET_NAME AS charset FROM information_schema.COLLATION_CHARACTER_SET_APPLICABILITY',
    );
    const apart: string[] = [];
    let groups = 0;
    for (const { name, charset } of collations.filter((each) => each.charset && each.charset !== 'binary')) {
      const converted = `CONVERT(v USING ${charset}) COLLATE ${name}`;
      // What a charset hasn't becomes a question mark, which is no key of a table.
      const same = await world.sql(
        `SELECT GROUP_CONCAT(n) AS numbers FROM ${world.name}.texts WHERE CAST(CONVERT(CONVERT(v USING
          ${charset}) USING utf8mb4) AS BINARY) = CAST(v AS BINARY) GROUP BY ${converted} HAVING COUNT(*) > 1`,
      );
      const members = same.map(({ numbers }) =>
        String(numbers)
          .split(',')
          .map((number) => texts[Number(number)] ?? ''),
      );
      const column: Column = {
        ...{ name: 'k', dataType: 'varchar', columnType: 'varchar(20)', nullable: false, generated: false },
        ...{ charset: String(charset), collation: String(name) },
      };
      const weights = await keyWeights(world.session, [column], members.flat().map(hex));
      groups += members.length;
      for (const group of members)
        if (new Set(group.map((text) => weights.get(hex(text)))).size > 1)
          apart.push(`${name}: ${group.map((text) => JSON.stringify(text)).join(' ')}`);
    }
    console.info(`${flavor}: ${collations.length} collations, ${groups} texts that are one with another`);
    expect(apart).toEqual([]);
    expect(collations.length).toBeGreaterThan(200);
    expect(groups).toBeGreaterThan(2_000);
  }, 300_000);
});
