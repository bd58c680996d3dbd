import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exportPartition } from '../../../src/activities/exportPartition.ts';
import { addDays, type Day } from '../../../src/model/day.ts';
import { rowsOf } from '../../support/job.ts';
import { makeWorld, type World } from '../../support/world.ts';

/** A zone, and a day in it that has another length: 23 or 25 hours, 24 and a half, or no midnight. */
const changes = [
  { zone: 'UTC', day: '2026-01-05' },
  { zone: 'Europe/Berlin', day: '2026-03-29' },
  { zone: 'Europe/Berlin', day: '2026-10-25' },
  { zone: 'America/Sao_Paulo', day: '2018-11-04' },
  { zone: 'Australia/Lord_Howe', day: '2026-04-05' },
];

interface Kind {
  type: string;
  /** A column's literal for an instant, in microseconds since 1970 UTC. */
  literal(micros: bigint): string;
  step: bigint;
  policy?: { timeKind?: 'epochSeconds' | 'epochMillis'; datetimeZone?: 'UTC' };
  /** Wall time: the day is what the text says. */
  wall?: true;
}

const second = 1_000_000n;

function text(micros: bigint, digits: number): string {
  const whole = new Date(Number(micros / 1000n)).toISOString().slice(0, 19).replace('T', ' ');
  return `'${whole}${
    digits === 0
      ? ''
      : `.${String(micros % second)
          .padStart(6, '0')
          .slice(0, digits)}`
  }'`;
}

const kinds: Kind[] = [
  { type: 'DATE', literal: (micros) => text(micros, 0).slice(0, 11).concat("'"), step: 86_400n * second, wall: true },
  ...[0, 3, 6].flatMap((digits): Kind[] => {
    const step = 10n ** BigInt(6 - digits);
    const literal = (micros: bigint) => text(micros, digits);
    return [
      { type: `DATETIME(${digits})`, literal, step, wall: true },
      { type: `DATETIME(${digits})`, literal, step, policy: { datetimeZone: 'UTC' } },
      { type: `TIMESTAMP(${digits})`, literal, step },
    ];
  }),
  {
    type: 'INT UNSIGNED',
    literal: (micros) => String(micros / second),
    step: second,
    policy: { timeKind: 'epochSeconds' },
  },
  { type: 'BIGINT', literal: (micros) => String(micros / 1000n), step: 1000n, policy: { timeKind: 'epochMillis' } },
];

/** The day of an instant as the platform's own calendar has it, not ours. */
function dayIn(zone: string, micros: bigint): string {
  return new Intl.DateTimeFormat('en-CA', { timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit' }).format(
    new Date(Number(micros / 1000n)),
  );
}

/** The instants between two at which the day changes, found by halving. */
function edges(zone: string, from: bigint, to: bigint): bigint[] {
  if (dayIn(zone, from) === dayIn(zone, to)) return [];
  if (to - from <= 1000n) return [to - (to % 1000n)];
  const middle = (from + to) / 2n;
  return [...edges(zone, from, middle), ...edges(zone, middle, to)];
}

describe.each(['mysql', 'mariadb'] as const)('days on %s', (flavor) => {
  let world: World;
  let tables = 0;

  beforeAll(async () => {
    world = await makeWorld(flavor);
  });
  afterAll(() => world.close());

  // Berlin's short day for every kind, the other zones for what an instant can be; MariaDB where its types are its own.
  const cases = changes.flatMap((change, index) =>
    kinds
      .filter(({ type, wall }) =>
        flavor === 'mysql' ? index === 1 || (!wall && /6|INT U/.test(type)) : index === 1 && /6/.test(type),
      )
      .map((kind) => ({ ...change, kind, shown: `${kind.type}${JSON.stringify(kind.policy ?? {})}` })),
  );

  test.each(cases)(
    '$shown around $day in $zone: a row at a day’s edge is in one day exactly (P35, P36)',
    async ({ zone, day, kind }) => {
      const calendar = kind.wall ? 'UTC' : zone;
      const days = [addDays(day as Day, -1), day, addDays(day as Day, 1)];
      const noon = BigInt(Date.parse(`${day}T12:00:00Z`)) * 1000n;
      const near = edges(calendar, noon - 48n * 3600n * second, noon + 48n * 3600n * second);
      const hours = Array.from({ length: 61 }, (_, index) => noon + BigInt(index - 30) * 3600n * second);
      const instants = [...near.flatMap((edge) => [edge - kind.step, edge, edge + kind.step]), ...hours];
      const expected: Record<string, number[]> = Object.fromEntries(days.map((each) => [each, []]));
      const name = { database: world.name, table: `days${tables++}` };
      await world.sql(
        `CREATE TABLE ${world.name}.${name.table} (id INT PRIMARY KEY, t ${kind.type} NOT NULL, KEY (t))`,
      );
      world.add({ ...kind.policy, table: name.table, timeColumn: 't', zone, chunkRows: 20, allowOldRows: true });
      const tuples = instants.map((instant, id) => {
        expected[dayIn(calendar, instant)]?.push(id);
        return `(${id}, ${kind.literal(instant)})`;
      });
      await world.sql(`INSERT INTO ${world.name}.${name.table} VALUES ${tuples.join(', ')}`);
      for (const each of days) {
        await exportPartition(world.source, { table: `${name.database}.${name.table}`, day: each }, world.attempt);
        const parts = await world.ledger.readParts({ ...name, day: each as Day });
        const exported = await rowsOf(world, parts, ['bare', 'bare']);
        const ids = exported.map(([id]) => Number(Buffer.from(String(id), 'hex').toString()));
        expect(ids.sort((one, other) => one - other)).toEqual(expected[each]);
      }
    },
  );
});
