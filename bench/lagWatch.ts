import { setTimeout as wait } from 'node:timers/promises';
import type { Config } from '../src/config/load.ts';
import { HealthMonitor } from '../src/mysql/health.ts';

/** The worst lag of a config's replicas, looked at twice a second, by what was going on. */
export interface LagWatch {
  /** Seconds, by phase. */
  worst: Map<string, number>;
  phase: string;
  close(): void;
}

export function watchLag({ source }: Config): LagWatch {
  const monitor = new HealthMonitor(source);
  const over = new AbortController();
  const watch: LagWatch = {
    worst: new Map(),
    phase: '',
    close() {
      over.abort();
      monitor.close();
    },
  };
  const look = async () => {
    while (!over.signal.aborted) {
      const { readings } = await monitor.read(over.signal);
      for (const { signal, value = 0 } of readings)
        if (signal === 'replicaLagSeconds')
          watch.worst.set(watch.phase, Math.max(value, watch.worst.get(watch.phase) ?? 0));
      await wait(500, undefined, { signal: over.signal }).catch(() => undefined);
    }
  };
  void look();
  return watch;
}
