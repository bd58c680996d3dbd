import { expect, test } from 'vitest';
import { loadsFromS3, parseLoad } from '../../../stack/aurora/loads.ts';
import { AnswerReader, frame, PacketReader, queryOf, queryPacket } from '../../../stack/aurora/packets.ts';
import { killedBy, rewritten } from '../../../stack/aurora/statements.ts';

const facts = {
  version: '3.10.0',
  serverId: 'one',
  reader: false,
  defaultRole: 'arn:role',
  vcpus: 16,
  commitMicros: 2000,
  readers: [{ serverId: 'two', lagMillis: 12 }],
};

test('the stand-in answers Aurora’s variables, wherever a statement names them', () => {
  expect(rewritten('SELECT @@aurora_version AS version', facts)).toBe("SELECT '3.10.0' AS version");
  expect(rewritten('SELECT @@global.innodb_read_only + @@port', { ...facts, reader: true })).toBe('SELECT 1 + @@port');
  expect(rewritten("SHOW GLOBAL VARIABLES LIKE 'aws_default_s3_role'", facts)).toBe(
    "SELECT 'aws_default_s3_role' AS Variable_name, 'arn:role' AS Value",
  );
  expect(rewritten('SELECT id FROM orders', facts)).toBe('SELECT id FROM orders');
});

test('the stand-in’s writer answers with its readers, whatever the user may read', () => {
  const sql = rewritten('SELECT server_id FROM information_schema.replica_host_status WHERE TRUE', facts);
  expect(sql).toMatch(
    /^SELECT server_id FROM \(SELECT 'one' .*'MASTER_SESSION_ID'.* UNION ALL SELECT 'two' .*12 AS replica_lag/,
  );
  expect(sql).toMatch(/\) AS replica_host_status WHERE TRUE$/);
});

test('a procedure’s dynamic statements go through the stand-in’s function, and no other statement does', () => {
  const create = 'CREATE PROCEDURE p() BEGIN PREPARE s FROM @text; EXECUTE s; END';
  expect(rewritten(create, facts)).toContain(
    'SET @aurora_front_statement = aurora_front.into_s3(@text); PREPARE s FROM @aurora_front_statement; EXECUTE s;',
  );
  expect(rewritten('PREPARE s FROM @text;', facts)).toBe('PREPARE s FROM @text;');
});

test('LOAD DATA FROM S3 is taken by Aurora’s grammar, and refused outside of it', () => {
  const rest = "INTO TABLE a.b CHARACTER SET utf8mb4 FIELDS TERMINATED BY ',' (a) SET b = 1";
  const uri = "'s3-eu-central-1://archive/bank/x.csv'";
  expect(parseLoad(`LOAD DATA FROM S3 FILE ${uri} ${rest}`, '3.04.0')).toEqual({
    ...{ bucket: 'archive', key: 'bank/x.csv', rest },
  });
  expect(parseLoad(`LOAD DATA S3 's3://archive/x' IGNORE ${rest}`, '3.05.1').rest).toBe(`IGNORE ${rest}`);
  for (const wrong of [
    `LOAD DATA S3 ${uri} ${rest}`,
    `LOAD DATA LOCAL FROM S3 ${uri} ${rest}`,
    `LOAD DATA FROM S3 'https://archive/x' ${rest}`,
    `LOAD DATA FROM S3 FILE MANIFEST ${uri} ${rest}`,
    `LOAD DATA FROM S3 ${uri} CHARACTER SET utf8mb4 INTO TABLE a.b`,
  ]) {
    expect(loadsFromS3(wrong)).toBe(true);
    expect(() => parseLoad(wrong, '3.04.0')).toThrow(/error in your SQL syntax/);
  }
  expect(loadsFromS3("LOAD DATA LOCAL INFILE 'chunk' INTO TABLE a.b")).toBe(false);
});

test('a KILL names the connection that it ends', () => {
  expect(['KILL QUERY 12', 'kill 7', 'KILL CONNECTION 3', 'SELECT 1'].map(killedBy)).toEqual([12, 7, 3, undefined]);
});

test('packets are put together from any pieces, with and without attributes of queries', () => {
  for (const attributes of [true, false]) {
    const bytes = Buffer.concat([queryPacket('SELECT 1', attributes), queryPacket('SELECT ä', attributes)]);
    const reader = new PacketReader();
    const found = [...bytes].flatMap((byte) =>
      [...reader.read(Buffer.of(byte))].map((each) => queryOf(each, attributes)),
    );
    expect(found).toEqual(['SELECT 1', 'SELECT ä']);
  }
});

test('the end of an answer with several results is its last packet, and the first value is found', () => {
  const more = 8;
  const packets = [
    [1],
    [3, 0x64, 0x65, 0x66],
    [0xfe, 0, 0, more, 0],
    [2, 0x6f, 0x6b],
    [0xfe, 0, 0, more, 0],
    [0, 0, 0, 0, 0, 0, 0],
  ].map((payload, index) => frame(index + 1, Buffer.from(payload)));
  const answer = new AnswerReader();
  const ends = [...new PacketReader().read(Buffer.concat(packets))].map((packet) => answer.add(packet));
  expect(ends).toEqual([false, false, false, false, false, true]);
  expect(answer.first).toBe('ok');
});
