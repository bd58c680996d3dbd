/** What the server is to others. */
export interface RoleFacts {
  /** host:port, as the policy file has it. */
  address: string;
  /** The servers that it replicates from at this moment. */
  origins: readonly string[];
  /** `source.allowReplica` */
  allowed: boolean;
}
