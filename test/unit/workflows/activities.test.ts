import { expectTypeOf, test } from 'vitest';
import type { Activities } from '../../../src/activities/index.ts';
import type { SourceActivities } from '../../../src/workflows/activities.ts';

type Groups = { [Name in keyof SourceActivities]: keyof SourceActivities[Name] };

test('every activity is in one group of timeouts, and in no other', () => {
  expectTypeOf<Groups[keyof Groups]>().toEqualTypeOf<keyof Activities>();
  type Elsewhere<Name extends keyof Groups> = Groups[Exclude<keyof Groups, Name>];
  type Twice = { [Name in keyof Groups]: Extract<Groups[Name], Elsewhere<Name>> }[keyof Groups];
  expectTypeOf<Twice>().toEqualTypeOf<never>();
});
