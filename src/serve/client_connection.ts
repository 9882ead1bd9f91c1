/** A client, with or without TLS; a failure rejects what is under way. */
export interface ClientConnection
  extends Pick<Deno.Conn<Deno.NetAddr>, "read" | "write" | "closeWrite" | "remoteAddr"> {
  /** Ends everything at once, also a read or a write that is waiting. @throws {Deno.errors.BadResource} if it is closed */
  close(): void;
}
