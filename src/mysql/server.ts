export type Flavor = 'mysql' | 'mariadb';
export type Isolation = 'REPEATABLE READ' | 'READ COMMITTED';

/** Where a source's server is and who asks. */
export interface ServerAddress {
  host: string;
  port: number;
  user: string;
  password: string;
  /** Verified TLS unless switched off; a CA file's text where the system's own don't do. */
  tls: { ca?: string } | false;
  /** How long a connection may be silent before it is looked at. Default 30 s. */
  silenceMillis?: number;
}

export function addressOf({ host, port }: Pick<ServerAddress, 'host' | 'port'>): string {
  return `${host}:${port}`;
}

/** Tells servers apart, as SQL that both know. */
export const serverExpression = "CONCAT_WS('/', @@hostname, @@port, @@server_id)";
