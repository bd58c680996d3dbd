import { AsyncLocalStorage } from 'node:async_hooks';

/** A piece of work that opens sessions: who may end them, and who hears that the server is at their statements. */
export interface SessionScope {
  /** Once it aborts, a statement gets `lastMillis` more; then its connection is cut. */
  signal: AbortSignal;
  /** A chunk shouldn't be rolled back for nothing. Default 10 s. */
  lastMillis?: number;
  /** Called while a long statement runs, each time that the server has confirmed it, with the seconds that it has taken. */
  alive(seconds: number): void;
}

const current = new AsyncLocalStorage<SessionScope | undefined>();

/** Runs `work`; every session that it opens belongs to the scope. */
export function withSessionScope<T>(scope: SessionScope, work: () => T): T {
  return current.run(scope, work);
}

/** Runs `work`; a session that it opens outlives the piece of work that asked for it. */
export function outsideSessionScope<T>(work: () => T): T {
  return current.run(undefined, work);
}

export function currentSessionScope(): SessionScope | undefined {
  return current.getStore();
}
