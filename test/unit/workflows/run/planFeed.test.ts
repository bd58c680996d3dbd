import { describe, expect, test } from 'vitest';
import type { Day } from '../../../../src/model/day.ts';
import type { PlanPage, TablePlan } from '../../../../src/plan/planPage.ts';
import { noteFailure } from '../../../../src/workflows/run/outcome.ts';
import { PlanFeed } from '../../../../src/workflows/run/planFeed.ts';
import { startRun } from '../../../../src/workflows/run/runState.ts';

const day = '2026-11-21' as Day;
const plan = (table: string, more: Partial<TablePlan> = {}): TablePlan => ({
  table,
  days: [{ from: day, to: day }],
  ...more,
});

/** A feed over pages; `asked` is what each request named as the last page's end. */
function feedOf(pages: readonly PlanPage[]) {
  const state = startRun();
  const asked: (string | undefined)[] = [];
  const run = { stopping: false };
  const nextPage = async (after: string | undefined) => {
    asked.push(after);
    return { tables: [], ...pages[asked.length - 1], searchAttributes: true };
  };
  const feed = new PlanFeed(state, { source: 's', concurrency: 1, nextPage }, () => run.stopping);
  return { state, asked, run, feed };
}

async function takeAll(feed: PlanFeed): Promise<string[]> {
  const taken: string[] = [];
  for (let next = await feed.take(); next; next = await feed.take()) taken.push(next.table);
  return taken;
}

describe('a run’s plans', () => {
  test('come page by page, in order, each page asked for once', async () => {
    const { feed, asked } = feedOf([{ tables: [plan('a'), plan('b')], after: 'b' }, { tables: [plan('c')] }]);
    expect(await takeAll(feed)).toEqual(['a', 'b', 'c']);
    expect(asked).toEqual([undefined, 'b']);
    expect(feed.isEmpty()).toBe(true);
  });

  test('come to several takers at once, each plan to one of them', async () => {
    const { feed, asked } = feedOf([{ tables: [plan('a')], after: 'a' }, { tables: [plan('b'), plan('c')] }]);
    const taken = await Promise.all([takeAll(feed), takeAll(feed), takeAll(feed)]);
    expect(taken.flat().sort()).toEqual(['a', 'b', 'c']);
    expect(asked).toEqual([undefined, 'a']);
  });

  test('of a page without a table are passed over', async () => {
    const { feed } = feedOf([{ tables: [], after: 'a' }, { tables: [plan('b')] }]);
    expect(await takeAll(feed)).toEqual(['b']);
  });

  test('that are refused or failed are noted and not handed out', async () => {
    const tables = [plan('a', { refused: 'no key' }), plan('b', { failed: 'gone' }), plan('c')];
    const { feed, state } = feedOf([{ tables }]);
    expect(await takeAll(feed)).toEqual(['c']);
    expect(state.outcome).toMatchObject({ tablesPlanned: 3, tablesRefused: 1, tablesFailed: 1 });
  });

  test('that were postponed come after all others, in the order in which they were', async () => {
    const { feed } = feedOf([{ tables: [plan('a'), plan('b')], after: 'b' }, { tables: [plan('c')] }]);
    await feed.take();
    feed.postpone('a', [day]);
    expect(feed.isEmpty()).toBe(false);
    expect(await takeAll(feed)).toEqual(['b', 'c', 'a']);
  });

  test('that are given back come first', async () => {
    const { feed, state } = feedOf([{ tables: [plan('a', { cutoff: day }), plan('b')] }]);
    const first = await feed.take();
    if (!first) throw new Error('no plan');
    feed.giveBack(first, ['2026-11-23' as Day, '2026-11-24' as Day]);
    expect(state.waiting[0]).toEqual({ ...first, days: [{ from: '2026-11-23', to: '2026-11-24' }] });
    expect(await takeAll(feed)).toEqual(['a', 'b']);
  });

  test('end where the run stops; what wasn’t taken stays for the next one', async () => {
    const { feed, run, state } = feedOf([{ tables: [plan('a'), plan('b')] }]);
    await feed.take();
    run.stopping = true;
    expect(await feed.take()).toBeUndefined();
    expect(state.waiting.map(({ table }) => table)).toEqual(['b']);
    expect(feed.isEmpty()).toBe(false);
  });

  test('that come while the run stops stay for the next one', async () => {
    const { feed, run, state } = feedOf([{ tables: [plan('a')] }]);
    const taking = feed.take();
    run.stopping = true;
    expect(await taking).toBeUndefined();
    expect(state.waiting.map(({ table }) => table)).toEqual(['a']);
  });

  test('of more than two hundred tables aren’t carried on, nor are tables without a further day', () => {
    const { feed, state } = feedOf([]);
    feed.postpone('none', []);
    for (let at = 0; at < 250; at++) feed.postpone(`t${at}`, [day]);
    expect(state.later).toHaveLength(200);
    expect(state.later[0]?.table).toBe('t0');
  });

  test('of a table that fails again after its failure left the list count the table once', async () => {
    const tables = Array.from({ length: 200 }, (_, at) => plan(`t${at}`));
    const more = Array.from({ length: 200 }, (_, at) => plan(`u${at}`));
    const { feed, state } = feedOf([{ tables, after: 't' }, { tables: more }]);
    for (let at = 0; at < 200; at++) {
      const taken = await feed.take();
      noteFailure(state.outcome, String(taken?.table), 'day one');
      feed.postpone(String(taken?.table), [day]);
    }
    for (let at = 0; at < 200; at++) await feed.take();
    expect(state.outcome.tables).not.toHaveProperty('t0');
    for (let at = 0; at < 200; at++) noteFailure(state.outcome, String((await feed.take())?.table), 'day two');
    expect(state.outcome).toMatchObject({ tablesFailed: 200, tablesPlanned: 400, unlisted: 150 });
    expect(Object.keys(state.outcome.tables)).toHaveLength(250);
    expect(await feed.take()).toBeUndefined();
  });
});
