import { expect, test } from 'vitest';
import { digestChunk } from '../../../src/export/digestPool.ts';

const salt = '00112233445566778899aabbccddeeff';

test('while a chunk’s proof takes long, the worker goes round its event loop, so that heartbeats leave (P59)', async () => {
  const rows = 400_000;
  const csv = Buffer.from(`1,"${'x'.repeat(60)}"\n`.repeat(rows));
  let rounds = 0;
  const loop = setInterval(() => rounds++, 1);
  const found = await digestChunk({ csv: new Uint8Array(csv), encodings: ['bare', 'text'], salt });
  clearInterval(loop);
  expect(found.digest?.rows).toBe(rows);
  // Digested on the loop itself, it would have gone round once or twice.
  expect(rounds).toBeGreaterThan(10);
});
