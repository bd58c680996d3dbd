import { expect, test } from 'vitest';
import { openIn } from '../../../src/mysql/schema/openTransactions.ts';

const status = `
LIST OF TRANSACTIONS FOR EACH SESSION:
---TRANSACTION 421938, not started
0 lock struct(s), heap size 1128, 0 row lock(s)
---TRANSACTION 2051, ACTIVE 90 sec
1 lock struct(s), heap size 1128, 0 row lock(s), undo log entries 1
MySQL thread id 11, OS thread handle 140, query id 80 localhost 127.0.0.1 root User sleep
SELECT SLEEP(3), '😀'
---TRANSACTION 2052, ACTIVE (PREPARED) 700 sec
MySQL thread id 12, OS thread handle 141, query id 81 localhost root
---TRANSACTION 2053, ACTIVE 800 sec
MySQL thread id 13, OS thread handle 142, query id 82 localhost sediment
--------
FILE I/O
`;

test('transactions older than an instant are counted in an InnoDB status, without the own one', () => {
  expect(openIn(status, 60, 13)).toBe(2);
  expect(openIn(status, 100, 13)).toBe(1);
  expect(openIn(status, 100, 99)).toBe(2);
  expect(openIn(status, 1000, 13)).toBe(0);
});
