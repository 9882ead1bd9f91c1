/** The artifact server of another replica. */
export interface Peer {
  /** Of the member: most often the name of its pod. */
  readonly name: string;
  /** Tells it from an earlier process of that name. */
  readonly instance: string;
  /** An IP address. */
  readonly hostname: string;
  readonly port: number;
  /** Whether it speaks TLS. */
  readonly secure: boolean;
}
