/** A certificate with those that lead to its authority, and its key; both PEM. */
export interface ServerCertificate {
  readonly cert: string;
  readonly key: string;
}

/** Why a server could not use it; undefined if it can. The runtime checks only when it listens. */
export function checkCertificate({ cert, key }: ServerCertificate): string | undefined {
  try {
    Deno.listenTls({ hostname: "127.0.0.1", port: 0, cert, key }).close();
    return undefined;
  } catch (error) {
    const words = error instanceof Error ? error.message.split("\n")[0] : String(error);
    return `${words}; it takes PEM, and a key that belongs to the certificate`;
  }
}
