import { setTimeout as wait } from 'node:timers/promises';
import type { Config } from '../src/config/load.ts';
import { HealthMonitor } from '../src/mysql/health/health.ts';

/** The worst lag of a config's replicas, sampled twice a second, by phase. */
export interface LagWatch {
  /** Seconds, by phase. */
  worst: Map<string, number>;
  begin(phase: string): void;
  close(): void;
}

export function watchLag({ source }: Config): LagWatch {
  const monitor = new HealthMonitor(source);
  const over = new AbortController();
  const worst = new Map<string, number>();
  let phase = { name: '', began: performance.now() };
  const watch: LagWatch = {
    worst,
    begin(name) {
      phase = { name, began: performance.now() };
    },
    close() {
      over.abort();
      monitor.close();
    },
  };
  const look = async () => {
    while (!over.signal.aborted) {
      const { readings } = await monitor.read(over.signal);
      // What was read before the phase began belongs to the one before.
      for (const { signal, value = 0, goodAt = 0 } of readings)
        if (signal === 'replicaLagSeconds' && goodAt >= phase.began)
          worst.set(phase.name, Math.max(value, worst.get(phase.name) ?? 0));
      await wait(500, undefined, { signal: over.signal }).catch(() => undefined);
    }
  };
  void look();
  return watch;
}
