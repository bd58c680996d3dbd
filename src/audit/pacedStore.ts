import { pause } from '../pacing/pause.ts';
import type { ObjectStore } from '../s3/store.ts';

/** What an audit reads objects with. */
export type ReadStore = Pick<ObjectStore, 'read' | 'stream'>;

/** When the next bytes may be asked for, by the monotonic clock in milliseconds: shared by all that read through it. */
export class ReadPace {
  #free = 0;

  constructor(readonly bytesPerSecond: number) {}

  /** @returns how long to wait before going on, in milliseconds */
  take(bytes: number, now: number): number {
    this.#free = Math.max(this.#free, now) + (bytes * 1000) / this.bytesPerSecond;
    return this.#free - now;
  }
}

/** A store whose readers wait after each piece as long as the pace asks for, all of them together. */
export function pacedStore(store: ObjectStore, pace: ReadPace, signal: AbortSignal): ReadStore {
  async function* stream(...asked: Parameters<ObjectStore['stream']>): AsyncGenerator<Uint8Array> {
    for await (const piece of store.stream(...asked)) {
      yield piece;
      await pause(pace.take(piece.length, performance.now()), signal);
    }
  }
  return {
    stream,
    async read(...asked) {
      const pieces: Uint8Array[] = [];
      for await (const piece of stream(...asked)) pieces.push(piece);
      return Buffer.concat(pieces);
    },
  };
}
