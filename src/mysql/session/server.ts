export type Flavor = 'mysql' | 'mariadb';
export type Isolation = 'REPEATABLE READ' | 'READ COMMITTED';

/** Where a connection's password comes from, each time that one is opened. */
export type LoginSource =
  | { kind: 'file'; path: string }
  | { kind: 'iam'; region: string }
  /** The endpoint is left out on AWS. */
  | { kind: 'secret'; arn: string; region: string; endpoint?: string | undefined };

/** Where a source's server is and who asks. */
export interface ServerAddress {
  host: string;
  port: number;
  user: string;
  /** Empty where `login` says where it comes from. */
  password: string;
  login?: LoginSource | undefined;
  /** TLS with verification unless switched off; the text of a CA file if the system's certificates aren't enough. */
  tls: { ca?: string } | false;
  /** How long a statement may have no answer before the server is asked about it. Default 30 s. */
  silenceMillis?: number;
}

export function addressOf({ host, port }: Pick<ServerAddress, 'host' | 'port'>): string {
  return `${host}:${port}`;
}

/** An expression that identifies the server, in SQL that both MySQL and MariaDB know. */
export const serverExpression = "CONCAT_WS('/', @@hostname, @@port, @@server_id)";
