import type { Client } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import type { NativeConnectionOptions } from '@temporalio/worker';

/** How workers reach Temporal: address, namespace, TLS and API key, from temporal.toml and TEMPORAL_*. */
export function temporalOptions(): NativeConnectionOptions & { namespace: string } {
  const { connectionOptions, namespace } = loadClientConnectConfig();
  return { ...connectionOptions, ...temporalAddress(), namespace: namespace ?? 'default' };
}

export function temporalAddress(): { address: string; namespace: string } {
  const { connectionOptions, namespace } = loadClientConnectConfig();
  return { address: connectionOptions.address ?? '127.0.0.1:7233', namespace: namespace ?? 'default' };
}

/** Whether Temporal is reached by TLS: a server that speaks none doesn't answer then, however well it works. */
export function speaksTls(): boolean {
  const { tls, apiKey } = loadClientConnectConfig().connectionOptions;
  return (tls ?? apiKey !== undefined) !== false;
}

const answerMillis = 10_000;

/** The client takes most of a second to load, so a command that speaks to MySQL first doesn't wait for it. */
export async function withClient<T>(work: (client: Client) => Promise<T>): Promise<T> {
  const { Client, Connection } = await import('@temporalio/client');
  const { connectionOptions, namespace = 'default' } = loadClientConnectConfig();
  const connection = await Connection.connect({ connectTimeout: 5_000, ...connectionOptions });
  try {
    // A server that takes the connection and never answers would be waited for without an end.
    await connection.withDeadline(Date.now() + answerMillis, () =>
      connection.workflowService.describeNamespace({ namespace }),
    );
    return await work(new Client({ connection, namespace }));
  } finally {
    await connection.close();
  }
}
