import { Buffer } from "node:buffer";
import type { Socket } from "node:net";
import { hostPortOf } from "./address_guard.ts";
import { HttpFailure, rejected, transient } from "./http_failure.ts";

/** Where a tunnel leads. */
export interface TunnelOptions {
  readonly target: URL;
  /** Value of `Proxy-Authorization`. */
  readonly authorization: string | undefined;
  readonly signal: AbortSignal;
}

/** More than any proxy has to say. */
const maxAnswer = 16 * 1024;

function tunnelRequest({ target, authorization }: TunnelOptions): string {
  const authority = `${target.hostname}:${hostPortOf(target).port}`;
  const lines = [`CONNECT ${authority} HTTP/1.1`, `Host: ${authority}`];
  if (authorization) lines.push(`Proxy-Authorization: ${authorization}`);
  return `${lines.join("\r\n")}\r\n\r\n`;
}

function checkAnswer(head: string): void {
  const status = Number(/^HTTP\/1\.[01] ([0-9]{3})\b/.exec(head)?.[1]);
  if (status >= 200 && status < 300) return;
  if (Number.isNaN(status)) throw rejected("the proxy's answer is not HTTP");
  throw new HttpFailure(`the proxy answers with status ${status}`, {
    class: status >= 500 || status === 429 ? "transient" : "rejected",
  });
}

/** Reads up to the end of the headers. In a tunnel for TLS nothing may follow: the client speaks first. */
async function readHead(socket: Socket): Promise<string> {
  let head = Buffer.alloc(0);
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const onData = (piece: Uint8Array) => {
    head = Buffer.concat([head, piece]);
    const end = head.indexOf("\r\n\r\n");
    if (end >= 0 && end + 4 === head.length) resolve(head.toString("latin1"));
    else if (end >= 0 || head.length > maxAnswer) {
      reject(rejected("the proxy's answer is not HTTP"));
    }
  };
  const onEnd = () => reject(transient("the proxy closed the connection"));
  socket.on("data", onData).once("error", reject).once("close", onEnd).once("end", onEnd);
  try {
    return await promise;
  } finally {
    socket.off("data", onData).off("error", reject).off("close", onEnd).off("end", onEnd);
    socket.pause();
  }
}

/**
 * Makes a connection to a proxy one to the target (RFC 9110 §9.3.6). Destroys it if that fails or the signal is aborted.
 *
 * @throws {HttpFailure} `transient` or `rejected`, by the proxy's answer
 */
export async function openTunnel(socket: Socket, options: TunnelOptions): Promise<void> {
  const abort = () => socket.destroy();
  options.signal.addEventListener("abort", abort, { once: true });
  try {
    options.signal.throwIfAborted();
    socket.write(tunnelRequest(options), "latin1");
    checkAnswer(await readHead(socket));
  } catch (error) {
    socket.destroy();
    options.signal.throwIfAborted();
    throw error;
  } finally {
    options.signal.removeEventListener("abort", abort);
  }
}
