import type { Socket } from "node:net";
import { canary } from "./canaries.ts";
import type { Answer } from "./hostile_upstream.ts";

const piece = `${canary("body")}${" ".repeat(1_000)}\n`.repeat(64);
const chunk = `${piece.length.toString(16)}\r\n${piece}\r\n`;
const noise = `X-Noise: ${canary("answer")}\r\nSet-Cookie: session=${canary("answer")}\r\n`;
const gigabytes = 2 ** 30;

function head(status: string, headers: Readonly<Record<string, string | number>> = {}): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status}\r\n${noise}${lines.join("")}\r\n`;
}

/** Writes a text again and again, as fast as the other side takes it, until it has closed. */
async function pour(socket: Socket, text: string, bytes = Infinity): Promise<void> {
  for (let sent = 0; sent < bytes && !socket.destroyed; sent += text.length) {
    const rest = text.slice(0, bytes - sent);
    if (socket.write(rest)) continue;
    await new Promise<void>((resolve) => {
      const go = () => {
        socket.off("drain", go).off("close", go);
        resolve();
      };
      socket.on("drain", go).on("close", go);
    });
  }
}

/** Writes a byte every tenth of a second, until the other side has closed. */
function drip(socket: Socket): void {
  const timer = setInterval(() => socket.write("x"), 100);
  socket.once("close", () => clearInterval(timer));
}

/** A document that is as it should be. */
export function good(text: string): Answer {
  return (socket) =>
    void socket.write(`${head("200 OK", { "Content-Length": text.length })}${text}`);
}

/** A good document of so many bytes. */
export function large(bytes: number): Answer {
  return (socket) => {
    socket.write(head("200 OK", { "Content-Length": bytes }));
    return pour(socket, piece, bytes);
  };
}

/** A status with a reason phrase and a body that nobody may see. */
export function status(code: number, headers: Readonly<Record<string, string>> = {}): Answer {
  const body = canary("body");
  const all = { ...headers, "Content-Length": body.length };
  return (socket) => void socket.write(`${head(`${code} ${canary("answer")}`, all)}${body}`);
}

/** A redirect; `location` is made of the path that was asked for. */
export function redirect(location: (path: string) => string): Answer {
  return (socket, path) => status(302, { Location: location(path) })(socket, path);
}

/** Less than the Content-Length. */
export const truncated: Answer = (socket) =>
  void socket.end(`${head("200 OK", { "Content-Length": 1_000 })}${canary("body")}`);

/** No last chunk. */
export const truncatedChunks: Answer = (socket) =>
  void socket.end(`${head("200 OK", { "Transfer-Encoding": "chunked" })}${chunk}`);

/** Chunk after chunk. */
export const endless: Answer = (socket) => {
  socket.write(head("200 OK", { "Transfer-Encoding": "chunked" }));
  return pour(socket, chunk);
};

/** 10 GB, and says so. */
export const declared: Answer = (socket) => {
  socket.write(head("200 OK", { "Content-Length": 10 * gigabytes }));
  return pour(socket, piece, 10 * gigabytes);
};

/** 10 GB up to the end of the connection. */
export const streamed: Answer = (socket) => {
  socket.write(head("200 OK", { Connection: "close" }));
  return pour(socket, piece, 10 * gigabytes);
};

/** A body that never ends nor pauses. */
export const dripping: Answer = (socket) => {
  socket.write(head("200 OK", { "Content-Length": 1_000 }));
  drip(socket);
};

/** Headers that never end nor pause. */
export const drippingHeaders: Answer = (socket) => {
  socket.write(`HTTP/1.1 200 OK\r\n${noise}X-Long: `);
  drip(socket);
};

/** Nothing at all. */
export const silent: Answer = () => {};

/** Closes before a status line. */
export const closing: Answer = (socket) => void socket.destroy();

/** Not HTTP. */
export const garbage: Answer = (socket) => void socket.end(`${canary("answer")}\r\n\r\n`);

/** More headers than anybody needs. */
export const largeHeaders: Answer = (socket) =>
  void socket.write(head("200 OK", { "X-Large": canary("answer").repeat(20_000) }));
