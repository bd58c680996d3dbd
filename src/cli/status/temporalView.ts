import { type ChannelCredentials, Client, connectivityState, credentials, Metadata, status } from '@grpc/grpc-js';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import protobuf from 'protobufjs/light.js';
import { codeOf } from '../../model/error.ts';
import { messages } from './temporalMessages.ts';

/** An activity of a workflow that is under way or waits for its retry. */
export interface PendingActivity {
  type: string | null;
  attempt: number;
  failure: string | null;
  /** When its last attempt ended: ISO 8601, UTC. */
  failedAt: string | null;
}

interface WireActivity {
  activityType?: { name?: string };
  attempt?: number;
  lastFailure?: { message?: string };
  lastAttemptCompleteTime?: { seconds?: number };
}

/** How Temporal is reached, as `temporal.toml` and TEMPORAL_* say it. */
type Reach = ReturnType<typeof loadClientConnectConfig>['connectionOptions'];

const port = 7233;
const running = 1;
const activityQueue = 2;
const mostListed = 1_000;
/** A server that refuses connections for so long isn't there; one that takes them is waited for until the deadline. */
const refusedMillis = 1_000;

const retried = {
  name: [{}],
  retryPolicy: {
    maxAttempts: 5,
    initialBackoff: '0.1s',
    maxBackoff: '1s',
    backoffMultiplier: 2,
    retryableStatusCodes: ['UNAVAILABLE', 'RESOURCE_EXHAUSTED'],
  },
};

const types = protobuf.Root.fromJSON(messages);

/**
 * What a look at Temporal asks, by gRPC directly: the SDK's client loads the descriptors of the whole API first, which
 * takes half a second of processor time.
 *
 * @example
 * const view = await TemporalView.open(5_000);
 * const heard = await view.pollersHeard('sediment-bank');
 * view.close();
 */
export class TemporalView {
  readonly #client: Client;
  readonly #metadata = new Metadata();

  private constructor(
    readonly namespace: string,
    readonly deadline: number,
    { address, tls, apiKey, metadata }: Reach,
  ) {
    const override = typeof tls === 'object' ? tls?.serverNameOverride : undefined;
    this.#client = new Client(withPort(address), credentialsOf({ tls, apiKey }), {
      'grpc.initial_reconnect_backoff_ms': refusedMillis / 4,
      'grpc.service_config': JSON.stringify({ methodConfig: [retried] }),
      ...(override ? { 'grpc.ssl_target_name_override': override, 'grpc.default_authority': override } : {}),
    });
    if (typeof apiKey === 'string') this.#metadata.set('Authorization', `Bearer ${apiKey}`);
    this.#metadata.set('temporal-namespace', namespace);
    for (const [name, value] of Object.entries(metadata ?? {})) this.#metadata.set(name, value);
  }

  /** Every answer has to come within `millis` from now. @throws gRPC's error */
  static async open(millis: number): Promise<TemporalView> {
    const { connectionOptions, namespace = 'default' } = loadClientConnectConfig();
    const view = new TemporalView(namespace, Date.now() + millis, connectionOptions);
    try {
      await view.#ready();
      return view;
    } catch (error) {
      view.close();
      throw error;
    }
  }

  /** @throws Error where no server takes the connection */
  #ready(): Promise<void> {
    const channel = this.#client.getChannel();
    const began = Date.now();
    return new Promise((resolve, reject) => {
      const look = () => {
        const state = channel.getConnectivityState(true);
        if (state === connectivityState.READY) return resolve();
        const isRefused = state === connectivityState.TRANSIENT_FAILURE && Date.now() - began >= refusedMillis;
        if (isRefused || Date.now() >= this.deadline) return reject(new Error('Failed to connect before the deadline'));
        const until = state === connectivityState.TRANSIENT_FAILURE ? Date.now() + refusedMillis / 4 : this.deadline;
        channel.watchConnectivityState(state, Math.min(until, this.deadline), look);
      };
      look();
    });
  }

  close(): void {
    this.#client.close();
  }

  /** When the workers of an activity queue last asked for work, in seconds since 1970. */
  async pollersHeard(queue: string): Promise<number[]> {
    const answer: { pollers?: { lastAccessTime?: { seconds?: number } }[] } = await this.#ask('DescribeTaskQueue', {
      namespace: this.namespace,
      taskQueue: { name: queue },
      taskQueueType: activityQueue,
    });
    return (answer.pollers ?? []).map(({ lastAccessTime }) => lastAccessTime?.seconds ?? 0);
  }

  /** What an open workflow has under way; undefined of one that is closed or was never started. */
  async pendingActivities(workflowId: string): Promise<PendingActivity[] | undefined> {
    try {
      const answer: {
        workflowExecutionInfo?: { status?: number };
        pendingActivities?: WireActivity[];
      } = await this.#ask('DescribeWorkflowExecution', { namespace: this.namespace, execution: { workflowId } });
      if (answer.workflowExecutionInfo?.status !== running) return undefined;
      return (answer.pendingActivities ?? []).map(activityOf);
    } catch (error) {
      if (codeOf(error) === String(status.NOT_FOUND)) return undefined;
      throw error;
    }
  }

  /** The ids of open workflows of these types, of all sources of the namespace. */
  async openWorkflows(workflowTypes: readonly string[]): Promise<string[]> {
    const named = workflowTypes.map((name) => `'${name}'`).join(', ');
    const answer: { executions?: { execution?: { workflowId?: string } }[] } = await this.#ask(
      'ListWorkflowExecutions',
      {
        namespace: this.namespace,
        pageSize: mostListed,
        query: `ExecutionStatus = 'Running' AND WorkflowType IN (${named})`,
      },
    );
    return (answer.executions ?? []).map(({ execution }) => execution?.workflowId ?? '');
  }

  /** Whether a schedule is paused, and why; undefined where there is none. */
  async schedule(scheduleId: string): Promise<{ paused: boolean; note: string } | undefined> {
    try {
      const answer: { schedule?: { state?: { notes?: string; paused?: boolean } } } = await this.#ask(
        'DescribeSchedule',
        { namespace: this.namespace, scheduleId },
      );
      const { paused = false, notes = '' } = answer.schedule?.state ?? {};
      return { paused, note: notes };
    } catch (error) {
      if (codeOf(error) === String(status.NOT_FOUND)) return undefined;
      throw error;
    }
  }

  #ask(method: string, request: object): Promise<object> {
    const requestType = types.lookupType(`${method}Request`);
    const responseType = types.lookupType(`${method}Response`);
    return new Promise((resolve, reject) => {
      this.#client.makeUnaryRequest(
        `/temporal.api.workflowservice.v1.WorkflowService/${method}`,
        (message: object) => Buffer.from(requestType.encode(requestType.fromObject(message)).finish()),
        (bytes) => responseType.toObject(responseType.decode(bytes), { longs: Number }),
        request,
        this.#metadata,
        { deadline: this.deadline },
        (error, answer) => (error ? reject(error) : resolve(answer ?? {})),
      );
    });
  }
}

function activityOf({ activityType, attempt, lastFailure, lastAttemptCompleteTime }: WireActivity): PendingActivity {
  const failedAt = lastAttemptCompleteTime?.seconds;
  return {
    type: activityType?.name ?? null,
    attempt: attempt ?? 0,
    failure: lastFailure?.message ?? null,
    failedAt: failedAt ? new Date(failedAt * 1000).toISOString() : null,
  };
}

function withPort(address = 'localhost'): string {
  return /:\d+$/.test(address) ? address : `${address}:${port}`;
}

/** TLS where it is configured, and with an API key unless it is switched off, as the SDK's client does it. */
export function credentialsOf({ tls, apiKey }: Pick<Reach, 'tls' | 'apiKey'>): ChannelCredentials {
  const wanted = tls ?? apiKey !== undefined;
  if (wanted === false) return credentials.createInsecure();
  if (wanted === true) return credentials.createSsl();
  const { serverRootCACertificate, clientCertPair } = wanted;
  return credentials.createSsl(
    serverRootCACertificate ? Buffer.from(serverRootCACertificate) : null,
    clientCertPair ? Buffer.from(clientCertPair.key) : null,
    clientCertPair ? Buffer.from(clientCertPair.crt) : null,
  );
}
