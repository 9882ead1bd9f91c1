/** The artifact server of another replica. */
export interface Peer {
  /** Of the member: most often the name of its pod. */
  readonly name: string;
  /** An IP address. */
  readonly hostname: string;
  readonly port: number;
  /** Whether it speaks TLS. */
  readonly secure: boolean;
}
