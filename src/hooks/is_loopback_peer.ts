const loopback = new Set(["127.0.0.1", "::1", "::ffff:127.0.0.1"]);

/** Whether a connection comes from this pod: these three spellings and no other (DESIGN §6). */
export function isLoopbackPeer(address: string | undefined): boolean {
  return address !== undefined && loopback.has(address);
}
