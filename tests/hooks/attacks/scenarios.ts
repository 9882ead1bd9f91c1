import { strict as assert } from "node:assert";
import { Buffer } from "node:buffer";
import { type ClientRequest, type IncomingMessage, request } from "node:http";
import { connect, type Socket } from "node:net";
import { eventually } from "../../acceptance/eventually.ts";
import { type Answer, askExecutor, askRaw } from "./ask_executor.ts";
import { expectContained, expectServed } from "./expect_answer.ts";
import type { Jail } from "./jail.ts";
import { forged, programs } from "./programs.ts";

/** An attack of several steps. @returns what the attacker was told */
export type Scenario = (jail: Jail) => Promise<string>;

const pinned = { command: "pinned", stdout: "genuine\n" };
const pinnedEnd = (state: string) => ({ kind: "absent", state }) as const;
const notPinned = "/run/programs/pinned is not the program of the whitelist's sha256";

/** Attacks that one call does not make. */
export const scenarios: Readonly<Record<string, Scenario>> = {
  async "a program changed under its sha256, with its size and times"(jail) {
    const path = `${jail.place}/programs/pinned`;
    const { mtime } = Deno.statSync(path);
    const before = await askExecutor(jail, pinned, "stream");
    expectServed(pinned, before);
    Deno.writeTextFileSync(path, forged);
    Deno.utimeSync(path, mtime!, mtime!);
    const attack = { what: "", ...pinned, stdout: "", end: pinnedEnd(notPinned) };
    const answers = await both(jail, attack).finally(() => {
      Deno.writeTextFileSync(path, programs["pinned"]!.text);
    });
    expectServed(pinned, await askExecutor(jail, pinned, "once"));
    return answers.map(({ text }) => text).join("\n");
  },

  async "a program replaced under its sha256"(jail) {
    const path = `${jail.place}/programs/pinned`;
    Deno.renameSync(path, `${path}.genuine`);
    Deno.writeTextFileSync(path, forged, { mode: 0o755 });
    const attack = { what: "", ...pinned, stdout: "", end: pinnedEnd(notPinned) };
    const answers = await both(jail, attack).finally(() => {
      Deno.renameSync(`${path}.genuine`, path);
    });
    expectServed(pinned, await askExecutor(jail, pinned, "once"));
    return answers.map(({ text }) => text).join("\n");
  },

  async "the token of a manager that has ended"(jail) {
    const file = `${jail.place}/hook-token/token`;
    Deno.writeTextFileSync(file, "f".repeat(64));
    const answer = await askRaw(jail, { body: '{"command":"cat"}' });
    Deno.writeTextFileSync(file, jail.token);
    assert.equal(answer.status, 401);
    return answer.body.toString();
  },

  async "10 GB for a caller that takes none of it"(jail) {
    const asked = stream(jail, { script: "exec head -c 10G /dev/zero", timeoutMs: 1_500 });
    await pause(2_000);
    const { seen } = await taken(asked);
    assert.ok(seen.endsWith('{"end":{"kind":"timeout"}'), seen.slice(-200));
    return seen;
  },

  async "10 GB to a caller that takes all of it, until the time is over"(jail) {
    const asked = stream(jail, { script: "exec head -c 10G /dev/zero", timeoutMs: 1_000 });
    const { seen, size } = await taken(asked);
    assert.ok(seen.endsWith('{"end":{"kind":"timeout"}'), seen.slice(-200));
    assert.ok(size > 2 ** 20);
    return seen;
  },

  async "standard input that stops coming"(jail) {
    const asked = stream(jail, { script: "exec cat", timeoutMs: 500, open: true });
    const { seen } = await taken(asked);
    assert.ok(seen.endsWith('{"end":{"kind":"timeout"}'), seen.slice(-200));
    return seen;
  },

  async "a caller that goes away"(jail) {
    const { asked, response } = stream(jail, {
      script: "setsid sleep 600 & exec sleep 600",
      timeoutMs: 60_000,
    });
    const seesHook = async () => jail.processes().length >= 3;
    await eventually(seesHook, { withinMs: 30_000, what: "the hook runs" });
    (await response).on("error", () => {});
    asked.destroy();
    const isAlone = async () => jail.processes().length === 1;
    await eventually(isAlone, { withinMs: 30_000, what: "the hook has ended" });
    return "";
  },

  async "more hooks at once than may run"(jail) {
    const call = { command: "script", args: ["sleep 0.3; echo done"], stdout: "done\n" };
    let most = 0;
    const timer = setInterval(() => {
      const sleeping = jail.processes().filter(({ command }) => command === "sleep");
      most = Math.max(most, sleeping.length);
    }, 20);
    const answers = await Promise.all(
      Array.from({ length: 12 }, () => askExecutor(jail, call, "stream")),
    );
    clearInterval(timer);
    for (const answer of answers) expectServed(call, answer);
    assert.ok(most > 1 && most <= 4, `${most} at once`);
    return answers.map(({ text }) => text).join("\n");
  },

  async "half-open connections from another namespace"(jail) {
    const sockets = await halfOpen(jail, "outside", 100);
    const health = await askRaw(jail, { from: "outside", method: "GET", path: "/health" });
    const served = await askExecutor(jail, pinned, "stream");
    for (const socket of sockets) socket.destroy();
    assert.deepEqual([health.status, health.body.toString()], [200, '{"status":"healthy"}\n']);
    expectServed(pinned, served);
    return served.text;
  },

  async "half-open connections of the pod"(jail) {
    const sockets = await halfOpen(jail, "pod", 200);
    const served = await askExecutor(jail, pinned, "stream");
    for (const socket of sockets) socket.destroy();
    expectServed(pinned, served);
    return served.text;
  },

  async "a request in two readings"(jail) {
    const told = await speak(
      jail,
      `POST /execute HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nPOST /execute HTTP/1.1\r\nHost: x\r\n\r\n`,
    );
    assert.match(told, /^HTTP\/1\.1 400 /);
    assert.equal(told.split("HTTP/1.1").length, 2, told);
    return told;
  },

  async "a request within one that is refused"(jail) {
    const inner = '{"command":"cat"}';
    const body = `POST /execute HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${jail.token}\r\n` +
      `Content-Length: ${inner.length}\r\n\r\n${inner}`;
    const told = await speak(
      jail,
      `POST /execute HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    assert.match(told, /^HTTP\/1\.1 401 /);
    assert.equal(told.split("HTTP/1.1").length, 2, told);
    return told;
  },

  async "a tunnel through the executor"(jail) {
    const told = await speak(
      jail,
      "CONNECT 10.0.0.2:9090 HTTP/1.1\r\nHost: 10.0.0.2:9090\r\n\r\n",
    );
    assert.ok(!told.includes(" 200"), told);
    return told;
  },

  async "a head of 64 KiB"(jail) {
    const told = await speak(
      jail,
      `POST /execute HTTP/1.1\r\nHost: x\r\nX: ${"x".repeat(2 ** 16)}\r\n\r\n`,
    );
    assert.match(told, /^HTTP\/1\.1 431 /);
    return told;
  },

  async "a proxy variable of the controller"(jail) {
    const told = await jail.runInPod("call_sidecar.ts");
    assert.equal(told, "genuine");
    return told;
  },
};

async function both(jail: Jail, attack: Parameters<typeof expectContained>[0]): Promise<Answer[]> {
  const answers = [
    await askExecutor(jail, attack, "stream"),
    await askExecutor(jail, attack, "once"),
  ];
  for (const answer of answers) expectContained(attack, answer);
  return answers;
}

interface Streamed {
  readonly script: string;
  readonly timeoutMs: number;
  /** Whether standard input stays open. */
  readonly open?: true;
}

/** What was asked, and its answer as soon as that begins. */
interface Exchange {
  readonly asked: ClientRequest;
  readonly response: Promise<IncomingMessage>;
}

function stream(jail: Jail, { script, timeoutMs, open }: Streamed): Exchange {
  const asked = request({
    ...{ socketPath: jail.socket("pod"), agent: false, method: "POST", path: "/execute/stream" },
    headers: { authorization: `Bearer ${jail.token}` },
  });
  const response = new Promise<IncomingMessage>((resolve, reject) => {
    asked.on("response", resolve);
    asked.on("error", reject);
  });
  response.catch(() => {});
  asked.write(`${JSON.stringify({ command: "flood", args: [script], env: {}, timeoutMs })}\n`);
  if (!open) asked.end();
  return { asked, response };
}

/** Takes an answer. @returns its size, and of its last bytes what comes before the duration */
async function taken({ asked, response }: Exchange): Promise<{ seen: string; size: number }> {
  let [last, size] = [Buffer.alloc(0), 0];
  for await (const piece of await response) {
    size += piece.length;
    last = Buffer.concat([last, piece]).subarray(-4_096);
  }
  asked.destroy();
  return { seen: last.toString("latin1").split(',"stderr"')[0]!.split(',"durationMs"')[0]!, size };
}

function halfOpen(jail: Jail, from: "pod" | "outside", count: number): Promise<Socket[]> {
  return Promise.all(Array.from({ length: count }, () =>
    new Promise<Socket>((resolve) => {
      const socket = connect(jail.socket(from), () => {
        socket.write("POST /execute HTTP/1.1\r\nHost: x\r\n");
        resolve(socket);
      });
      socket.on("error", () => {});
      socket.resume();
    })));
}

/** Sends bytes as they are and reads until the executor closes. */
function speak(jail: Jail, bytes: string): Promise<string> {
  return new Promise((resolve) => {
    let told = "";
    const socket = connect(jail.socket("pod"), () => socket.write(bytes));
    socket.on("data", (piece) => told += piece);
    socket.on("error", () => {});
    socket.on("close", () => resolve(told));
  });
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
