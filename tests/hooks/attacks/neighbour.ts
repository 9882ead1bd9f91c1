/**
 * A process of a network namespace: hands connections to a unix socket on to an address of the namespace, and prints a line for each
 * connection to an address at which nobody has any business.
 *
 * Arguments: path of the socket, host and port to hand on to, host and port of the trap.
 */
const [path = "", host = "", port = "", trapHost = "", trapPort = ""] = Deno.args;

async function copy(from: Deno.Conn, to: Deno.Conn): Promise<void> {
  const buffer = new Uint8Array(64 * 1024);
  for (let size = await from.read(buffer); size !== null; size = await from.read(buffer)) {
    for (let at = 0; at < size;) at += await to.write(buffer.subarray(at, size));
  }
  await to.closeWrite();
}

async function handOn(client: Deno.Conn): Promise<void> {
  const server = await Deno.connect({ hostname: host, port: Number(port) }).catch(() => undefined);
  if (!server) return client.close();
  const close = () => {
    for (const each of [client, server]) {
      try {
        each.close();
      } catch {
        // The other direction has closed it.
      }
    }
  };
  await Promise.all([
    copy(client, server).catch(close),
    // A server that has closed its side wants nothing more.
    copy(server, client).catch(() => {}).finally(close),
  ]);
}

async function watchTrap(trap: Deno.Listener): Promise<void> {
  for await (const connection of trap) {
    console.log("a connection");
    connection.close();
  }
}

const trap = Deno.listen({ hostname: trapHost, port: Number(trapPort) });
const relay = Deno.listen({ transport: "unix", path });
console.log("ready");
watchTrap(trap);
for await (const client of relay) handOn(client);
