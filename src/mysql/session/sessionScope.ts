import { AsyncLocalStorage } from 'node:async_hooks';

/** A piece of work that opens sessions: the signal that ends them, and who is called while the server works on their statements. */
export interface SessionScope {
  /** After it aborts, a running statement gets `lastMillis` more; then its connection is cut. */
  signal: AbortSignal;
  /** Long enough that a chunk isn't rolled back for nothing. Default 10 s. */
  lastMillis?: number;
  /** Called each time that the server confirms a long statement, with the seconds that it has taken. */
  alive(seconds: number): void;
}

const current = new AsyncLocalStorage<SessionScope | undefined>();

/** Runs `work`; every session that it opens belongs to the scope. */
export function withSessionScope<T>(scope: SessionScope, work: () => T): T {
  return current.run(scope, work);
}

/** Runs `work`; its sessions don't belong to the caller's scope and may outlive it. */
export function outsideSessionScope<T>(work: () => T): T {
  return current.run(undefined, work);
}

export function currentSessionScope(): SessionScope | undefined {
  return current.getStore();
}
