import { expect, test, vi } from 'vitest';
import { openEndpoint } from '../../../src/telemetry/endpoint.ts';
import { Readiness } from '../../../src/telemetry/readiness.ts';

/** A server that answers as it is told, and what the worker logs of it. */
function scene() {
  const lines: string[] = [];
  const server = { name: 'the ledger', answers: true, hangs: false, asked: 0 };
  const ask = async () => {
    server.asked++;
    if (server.hangs) await new Promise(() => undefined);
    if (!server.answers) throw new Error('refused');
  };
  const logger = { info: (line: string) => void lines.push(line), warn: (line: string) => void lines.push(line) };
  const limits = { everyMillis: 1_000, answerMillis: 500, freshMillis: 5_000 };
  return { server, logger, lines, readiness: new Readiness([{ name: server.name, ask }], limits) };
}

test('a server is ready from its first answer until none has come for as long as an answer counts', async () => {
  vi.useFakeTimers();
  const { server, logger, lines, readiness } = scene();
  const over = new AbortController();
  const ready = () => readiness.report().map((each) => each.ready);
  expect(ready()).toEqual([false]);
  const asking = readiness.keepAsking(logger, over.signal);
  await vi.advanceTimersByTimeAsync(100);
  expect(ready()).toEqual([true]);
  server.answers = false;
  await vi.advanceTimersByTimeAsync(4_000);
  expect(ready()).toEqual([true]);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(ready()).toEqual([false]);
  server.answers = true;
  await vi.advanceTimersByTimeAsync(1_000);
  expect(ready()).toEqual([true]);
  server.hangs = true;
  await vi.advanceTimersByTimeAsync(7_000);
  expect(ready()).toEqual([false]);
  over.abort();
  await vi.advanceTimersByTimeAsync(1_000);
  await asking;
  vi.useRealTimers();
  // Each silence once, however often it was asked meanwhile.
  expect(lines).toEqual(['the ledger doesn’t answer', 'the ledger answers again', 'the ledger doesn’t answer']);
  expect(server.asked).toBeGreaterThan(8);
});

test('the endpoint says yes to /livez at once, no to /readyz before the servers have answered, and what it has', async () => {
  const { logger, readiness } = scene();
  const endpoint = await openEndpoint('127.0.0.1:0', readiness);
  const over = new AbortController();
  const get = async (path: string) => {
    const answer = await fetch(`http://${endpoint.address}${path}`);
    return [answer.status, await answer.text()];
  };
  expect(await get('/livez')).toEqual([200, 'alive\n']);
  expect(await get('/readyz')).toEqual([503, "not ready\nthe ledger hasn't answered yet\n"]);
  const asking = readiness.keepAsking(logger, over.signal);
  await expect.poll(() => get('/readyz')).toEqual([200, 'ready\nthe ledger answered 0 s ago\n']);
  expect(await get('/')).toEqual([404, 'There are /metrics, /livez and /readyz.\n']);
  // No core serves metrics here.
  expect((await get('/metrics'))[0]).toBe(502);
  over.abort();
  await asking;
  endpoint.close();
});
